/** The digits: `e`, `o`, `u` and `t` are left out. Source: Nix, doc/manual/source/protocols/nix32.md. */
export const NIX_BASE32_ALPHABET = "0123456789abcdfghijklmnpqrsvwxyz";
