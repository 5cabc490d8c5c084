/** The user and group a build runs as. Source: Nix, `sandboxUid` and `sandboxGid`. */
export const BUILD_UID = 1000;
export const BUILD_GID = 100;

/** What a build with network finds of the machine it runs on, where there is any. */
export interface NetworkFiles {
  readonly resolvConf?: Uint8Array;
  readonly services?: Uint8Array;
  readonly hosts?: Uint8Array;
  /** PEM certificates, at `/etc/ssl/certs/ca-certificates.crt`. */
  readonly caCertificates?: Uint8Array;
}

const PASSWD = `root:x:0:0:Nix build user:/build:/noshell
nixbld:x:${BUILD_UID}:${BUILD_GID}:Nix build user:/build:/noshell
nobody:x:65534:65534:Nobody:/:/noshell
`;
const GROUP = `root:x:0:
nixbld:!:${BUILD_GID}:
nogroup:x:65534:
`;
const HOSTS = "127.0.0.1 localhost\n::1 localhost\n";
const NSSWITCH = "hosts: files dns\nservices: files\n";

const text = (contents: string): Uint8Array => Buffer.from(contents, "latin1");
const passwd = text(PASSWD);
const group = text(GROUP);
const sandboxed = new Map([
  ["etc/group", group],
  ["etc/hosts", text(HOSTS)],
  ["etc/passwd", passwd],
]);

/**
 * The files of `/etc`, by path from the root. Source: Nix, src/libstore/unix/build/linux-derivation-builder.cc (and its fore-runners).
 *
 * @param network the machine's own files for a build that may reach the network; `undefined` for one that may not.
 */
export function etcFiles(network: NetworkFiles | undefined): ReadonlyMap<string, Uint8Array> {
  if (network === undefined) return sandboxed;
  const files = new Map([
    ["etc/group", group],
    ["etc/passwd", passwd],
    ["etc/nsswitch.conf", text(NSSWITCH)],
  ]);
  if (network.hosts !== undefined) files.set("etc/hosts", network.hosts);
  if (network.resolvConf !== undefined) files.set("etc/resolv.conf", network.resolvConf);
  if (network.services !== undefined) files.set("etc/services", network.services);
  if (network.caCertificates !== undefined) files.set("etc/ssl/certs/ca-certificates.crt", network.caCertificates);
  return files;
}
