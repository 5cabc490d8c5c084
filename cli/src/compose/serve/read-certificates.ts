import { readFileSync } from "node:fs";
import type { SecureServerOptions } from "node:http2";
import type { ServeConfig } from "@causeway/bridge/config/serve";
import { StatusError } from "@causeway/bridge/status";

/** The files of `tls`, in PEM. */
export interface Certificates {
  readonly certificate: Buffer;
  readonly key: Buffer;
  readonly clientCa?: Buffer;
  readonly requireClientCertificate: boolean;
}

/** Reads the certificates; `undefined` without TLS. @throws StatusError that names the file. */
export function readCertificates(tls: ServeConfig["tls"]): Certificates | undefined {
  const { certificateFile, keyFile, clientCaFile, requireClientCertificate } = tls;
  if (certificateFile === undefined || keyFile === undefined) return undefined;
  return {
    certificate: read(certificateFile),
    key: read(keyFile),
    ...(clientCaFile === undefined ? {} : { clientCa: read(clientCaFile) }),
    requireClientCertificate,
  };
}

/** The same for HTTP/2. A certificate that the CA has not signed names nobody. */
export function secureServerOptions(certificates: Certificates): SecureServerOptions {
  const { certificate, key, clientCa, requireClientCertificate } = certificates;
  return {
    cert: certificate,
    key,
    minVersion: "TLSv1.2",
    ...(clientCa === undefined
      ? {}
      : { ca: clientCa, requestCert: true, rejectUnauthorized: requireClientCertificate }),
  };
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw StatusError.wrap(cause, "reading a TLS file");
  }
}
