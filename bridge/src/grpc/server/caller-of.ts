import type { IncomingHttpHeaders, ServerHttp2Session } from "node:http2";
import type { TLSSocket } from "node:tls";
import type { Access, Caller } from "../../access/index.js";

/** Says who makes a call, by its headers and by the certificate of its connection. */
export function createCallerOf(
  access: Access,
): (headers: IncomingHttpHeaders, session: ServerHttp2Session) => Caller | Promise<Caller> {
  /** Looked up once for a connection. */
  const commonNames = new WeakMap<ServerHttp2Session, { readonly commonName?: string }>();
  return (headers, session) => {
    let known = commonNames.get(session);
    if (known === undefined) {
      const socket = session.socket as Partial<TLSSocket>;
      const commonName = socket.authorized === true ? socket.getPeerCertificate?.().subject.CN : undefined;
      known = typeof commonName === "string" ? { commonName } : {};
      commonNames.set(session, known);
    }
    const { authorization } = headers;
    return access(authorization === undefined ? known : { ...known, authorization });
  };
}
