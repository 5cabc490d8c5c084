/** Bounds on what an action may ask of this machine; each has its reason beside it. */
export interface ExecutorLimits {
  /** Actions that wait for a slot. More are refused, so that a flood costs its sender and not our memory. */
  readonly queueLengthMax: number;
  /** The longest timeout an action may ask for. Longer ones are refused: a slot held for ever is lost. */
  readonly timeoutMsMax: number;
  /** The timeout of an action that names none. */
  readonly defaultTimeoutMs: number;
  /** Bytes of stdout and stderr together. An action that writes more is killed: a loop that prints would fill the store. */
  readonly logBytesMax: number;
  /** Directories and files of one input root that are looked at; a Merkle tree of 20 messages can name a billion files. */
  readonly inputEntriesMax: number;
  /** Bytes of prepared trees that are kept; the least recently used ones go first. */
  readonly treesBytesMax: number;
}

const HOUR_MS = 3_600_000;

/** What holds unless the options say otherwise. */
export const defaultLimits: ExecutorLimits = {
  queueLengthMax: 10_000,
  timeoutMsMax: 7 * 24 * HOUR_MS,
  defaultTimeoutMs: 24 * HOUR_MS,
  logBytesMax: 1 << 30,
  inputEntriesMax: 5_000_000,
  treesBytesMax: 20 * 2 ** 30,
};

/** Nested directories of an input root. Far above real trees; below what overflows the stack or PATH_MAX (4096) makes useless. */
export const INPUT_DEPTH_MAX = 1024;

/** One message of a Directory, Command or Action. Larger ones are no real build; it bounds what one read holds in memory. */
export const MESSAGE_BYTES_MAX = 64 * 2 ** 20;
