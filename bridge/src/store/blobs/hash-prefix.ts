/** The first hex digits of a hash as a number. @param digits at most 7. */
export function hashPrefix(hash: string, digits: number): number {
  let prefix = 0;
  for (let i = 0; i < digits; i++) {
    const code = hash.charCodeAt(i);
    prefix = (prefix << 4) | (code < 0x3a ? code - 0x30 : code - 0x57); // From "0" on, or from "a" less 10.
  }
  return prefix;
}
