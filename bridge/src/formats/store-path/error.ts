/** Text that is no store path, or parts that make none. */
export class StorePathError extends Error {
  override readonly name = "StorePathError";
}
