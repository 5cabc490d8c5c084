declare const storePathBrand: unique symbol;

/**
 * The base name of a store path, e.g. `ggbqg8lqjwj75wznkv03h0x2bjr2in0j-a`: 32 characters of nixbase32, `-`, and a name. Without the store
 * directory, which belongs to the store, not to the path. ASCII, so `<` is byte order. Made by `parseStorePath` and `make…Path`.
 *
 * Source: Nix, doc/manual/source/protocols/store-path.md
 */
export type StorePath = string & { readonly [storePathBrand]: true };

/** The default store directory. */
export const DEFAULT_STORE_DIR = "/nix/store";
