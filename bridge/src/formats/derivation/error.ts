/** A derivation that makes no sense, or whose inputs cannot be had. */
export class DerivationError extends Error {
  override readonly name = "DerivationError";
}
