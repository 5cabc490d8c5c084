import { runProgram } from "../nix/run-program.ts";

/** What `openssl s_client` saw of a handshake. */
export interface Handshake {
  /** The server's certificate and the protocol suited it. */
  readonly ok: boolean;
  /** The common name of the server's certificate. */
  readonly commonName: string | undefined;
  readonly protocol: string | undefined;
  readonly alpn: string | undefined;
  readonly output: string;
}

const TIMEOUT_MS = 20_000;

/** Shakes hands with a server on this machine, and goes. */
export async function shakeHands(address: string, ca: string, words: readonly string[] = []): Promise<Handshake> {
  const argv = ["openssl", "s_client", "-connect", address, "-servername", "localhost"];
  const { stdout, stderr, exit } = await runProgram(
    [...argv, "-verify_return_error", "-CAfile", ca, "-alpn", "h2", ...words],
    { timeoutMs: TIMEOUT_MS },
  );
  const found = (pattern: RegExp): string | undefined => pattern.exec(stdout)?.[1];
  return {
    ok: exit === 0,
    commonName: found(/^subject=CN = (.*)$/m),
    protocol: found(/^New, (TLSv[\d.]+), Cipher/m),
    alpn: found(/^ALPN protocol: (.*)$/m),
    output: stdout + stderr,
  };
}
