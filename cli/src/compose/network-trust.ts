import { existsSync, readFileSync } from "node:fs";
import type { BuildSettings } from "@causeway/bridge/config";

/** Where a CA bundle is found when no setting names one, in Nix's order. */
const CA_BUNDLES = ["/etc/ssl/certs/ca-certificates.crt", "/nix/var/nix/profiles/default/etc/ssl/certs/ca-bundle.crt"];

/** Whom downloads trust, and who they are. */
export interface NetworkTrust {
  /** In PEM. */
  readonly caCertificates?: Buffer;
  /** Contents of a netrc file. */
  readonly netrc?: string;
}

/** What the settings and this machine say. */
export function networkTrust({ caBundleFile, netrcFile }: BuildSettings): NetworkTrust {
  const bundle = caBundleFile ?? CA_BUNDLES.find((file) => existsSync(file));
  return {
    ...(bundle === undefined ? {} : { caCertificates: readFileSync(bundle) }),
    ...(netrcFile === undefined || !existsSync(netrcFile) ? {} : { netrc: readFileSync(netrcFile, "utf8") }),
  };
}
