/** A key or a signature that is malformed. */
export class SignatureError extends Error {
  override readonly name = "SignatureError";
}
