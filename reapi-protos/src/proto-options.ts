/**
 * How messages look as JavaScript objects, the same for every package. The generator of types (`npm run generate`) is given the same choices.
 *
 * - Field names in camel case, as the rest of the code writes names.
 * - 64-bit integers as decimal strings: a number would lose those above 2^53 without a word.
 * - Enumeration values by name; a value this version does not know stays a number.
 * - No defaults on decoded messages: what was absent stays absent, so that a decoded Directory, encoded again, has its canonical bytes.
 * - Lists are always there, empty ones included: they leave no trace when encoded. Maps are not.
 * - A oneof's own name holds the name of the field that is set, to switch on.
 */
export const protoOptions = {
  keepCase: false,
  longs: String,
  enums: String,
  defaults: false,
  arrays: true,
  objects: false,
  oneofs: true,
} as const;
