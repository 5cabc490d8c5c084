/** What a path of the HTTP cache names. */
export interface CachePath {
  readonly kind: "ac" | "cas";
  /** Empty, or the segments before `ac` or `cas`. */
  readonly instanceName: string;
  /** SHA-256: the protocol knows no other. */
  readonly hash: string;
}

const PATH = /^\/(?:(.+)\/)?(ac|cas)\/([0-9a-f]{64})$/;
/** Longer instance names are refused by gRPC too. */
const INSTANCE_NAME_LENGTH_MAX = 255;

/** Reads `/[INSTANCE/]ac/SHA256` and `/[INSTANCE/]cas/SHA256`; `undefined` for any other path. */
export function parseCachePath(path: string): CachePath | undefined {
  const match = PATH.exec(path);
  if (match === null) return undefined;
  const [, instanceName, kind, hash] = match;
  if (instanceName !== undefined && !isInstanceName(instanceName)) return undefined;
  return { kind: kind as CachePath["kind"], instanceName: instanceName ?? "", hash: hash! };
}

function isInstanceName(text: string): boolean {
  return text.length <= INSTANCE_NAME_LENGTH_MAX && !text.split("/").includes("");
}
