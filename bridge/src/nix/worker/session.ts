/** What a connection agreed upon, and what the client has said since. */
export interface Session {
  /** The lower of both sides' versions: the `n` of 1.n. */
  readonly minor: number;
  /** What both sides can. */
  readonly features: ReadonlySet<string>;
  /** Whether the client may do what changes the store for others. */
  readonly isTrusted: boolean;
  settings: ClientSettings;
}

/** What `SetOptions` says. Absent: what the daemon has. */
export interface ClientSettings {
  readonly keepFailed?: boolean;
  /** Whether anything is fetched for it. */
  readonly substitute?: boolean;
  readonly keepGoing?: boolean;
  readonly maxSilentMs?: number;
  readonly timeoutMs?: number;
  readonly maxLogBytes?: number;
  readonly logLines?: number;
}
