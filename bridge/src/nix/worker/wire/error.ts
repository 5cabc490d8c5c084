/** The other side does not keep to the worker protocol: nothing that follows can be understood, so the connection must end. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}
