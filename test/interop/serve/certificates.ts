import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { requireProgram } from "../require-program.ts";

/** The files of a key pair. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** Makes certificates with OpenSSL in a directory. */
export interface Issuer {
  authority(name: string): Pair;
  /** @param validDays - From now; below zero for one that has run out. */
  server(name: string, authority: Pair, validDays?: number): Pair;
  client(commonName: string, authority: Pair, validDays?: number): Pair;
}

const VALID_DAYS = 2;

export function createIssuer(directory: string): Issuer {
  requireProgram(["openssl", "version"], "openssl");
  let made = 0;
  const openssl = (...words: string[]): void => void execFileSync("openssl", words, { stdio: "pipe" });
  const fresh = (): Pair => {
    const base = join(directory, `pair-${made++}`);
    openssl("genpkey", "-quiet", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", `${base}.key`);
    return { cert: `${base}.crt`, key: `${base}.key` };
  };

  function signed(commonName: string, authority: Pair, extensions: string, validDays: number): Pair {
    const pair = fresh();
    const request = `${pair.cert}.csr`;
    const extensionFile = `${pair.cert}.ext`;
    writeFileSync(extensionFile, extensions);
    openssl("req", "-new", "-key", pair.key, "-subj", `/CN=${commonName}`, "-out", request);
    openssl(
      ...["x509", "-req", "-in", request, "-CA", authority.cert, "-CAkey", authority.key, "-extfile", extensionFile],
      ...["-days", String(validDays), "-out", pair.cert],
    );
    return pair;
  }

  return {
    authority(name) {
      const pair = fresh();
      openssl("req", "-x509", "-new", "-key", pair.key, "-days", "2", "-subj", `/CN=${name}`, "-out", pair.cert);
      return pair;
    },
    server: (name, authority, validDays = VALID_DAYS) =>
      signed(name, authority, "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n", validDays),
    client: (commonName, authority, validDays = VALID_DAYS) =>
      signed(commonName, authority, "extendedKeyUsage=clientAuth\n", validDays),
  };
}
