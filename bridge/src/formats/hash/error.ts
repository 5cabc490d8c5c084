/** Text that is no hash, or no content address. */
export class HashError extends Error {
  override readonly name = "HashError";
}
