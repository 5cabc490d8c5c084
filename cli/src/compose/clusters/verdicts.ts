import type { Verdict } from "@causeway/bridge/cluster";
import { Code, StatusError } from "@causeway/bridge/status";
import type { Store } from "@causeway/bridge/store";

/** A cluster that was given a name by `causeway probe --save`. */
export interface SavedCluster {
  readonly url: string;
  /** `name=value`. */
  readonly platform: readonly string[];
}

type Notes = Pick<Store["notes"], "get" | "put">;

/** What of a cluster's address may decide how builds run there: its workers, by the properties that choose them. */
const verdictKey = (url: string, platform: readonly string[]): string =>
  `cluster/verdict/${encodeURIComponent([url.replace(/\/$/, ""), ...[...platform].sort()].join(" "))}`;
const nameKey = (name: string): string => `cluster/name/${encodeURIComponent(name)}`;

/** Keeps a verdict. */
export async function keepVerdict(notes: Notes, verdict: Verdict, platform: readonly string[]): Promise<void> {
  await notes.put(verdictKey(verdict.url, platform), Buffer.from(JSON.stringify(verdict)));
}

/** The verdict on a cluster, if there is one that still counts. */
export async function findVerdict(
  notes: Notes,
  { url, platform, nowMs }: SavedCluster & { readonly nowMs: number },
): Promise<Verdict | undefined> {
  const note = await notes.get(verdictKey(url, platform));
  if (note === undefined) return undefined;
  const { parseVerdict, VERDICT_MAX_AGE_MS } = await import("@causeway/bridge/cluster");
  const verdict = parseVerdict(Buffer.from(note).toString("utf8"));
  return verdict !== undefined && nowMs - verdict.probedMs < VERDICT_MAX_AGE_MS ? verdict : undefined;
}

/** Gives a cluster a name. */
export async function saveCluster(notes: Notes, name: string, cluster: SavedCluster): Promise<void> {
  if (!isName(name))
    throw new StatusError(Code.InvalidArgument, `'${name}' is no name for a cluster: use letters, digits, '-' and '_'`);
  await notes.put(nameKey(name), Buffer.from(JSON.stringify(cluster)));
}

/** The cluster that an option means: an address, or a name. @throws StatusError NotFound for a name that was not given. */
export async function resolveCluster(notes: Notes, text: string): Promise<SavedCluster> {
  if (!isName(text)) return { url: text, platform: [] };
  const note = await notes.get(nameKey(text));
  if (note === undefined)
    throw new StatusError(
      Code.NotFound,
      `no cluster was saved as '${text}': causeway probe grpc://HOST:PORT --save ${text}`,
    );
  return JSON.parse(Buffer.from(note).toString("utf8")) as SavedCluster;
}

/** Addresses have a colon. */
const isName = (text: string): boolean => /^[0-9A-Za-z_-]{1,64}$/.test(text);
