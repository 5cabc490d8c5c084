import { formatContentAddress, formatNixHash, printStorePath, type StorePath } from "../formats/index.js";
import type { PathInfo } from "../store/index.js";

/** `0`: a list, as Nix up to 2.18 prints; `1`: an object by full path, since 2.19; `2`: with a version and base names, since 2.33. */
export type PathInfoJsonFormat = "0" | "1" | "2";

/**
 * What `nix path-info --json` prints, as a value for `JSON.stringify`. Source: Nix, src/nix/path-info.cc and `ValidPathInfo::toJSON`.
 *
 * @param closureSizes sum of the archives' sizes of each path's closure, where asked for.
 */
export function pathInfoJson(
  storeDir: string,
  infos: readonly PathInfo[],
  format: PathInfoJsonFormat,
  closureSizes: ReadonlyMap<StorePath, number> = new Map(),
): unknown {
  const print = (path: StorePath): string => (format === "2" ? path : printStorePath(storeDir, path));
  /** The list leaves out what is not there; the objects say null. */
  const present = (name: string, value: string | undefined): Record<string, unknown> =>
    value === undefined && format === "0" ? {} : { [name]: value ?? null };
  const entries = infos.map((info): [string, Record<string, unknown>] => {
    const closureSize = closureSizes.get(info.path);
    const value: Record<string, unknown> = {
      ...(format === "0" ? { path: print(info.path) } : {}),
      narHash: formatNixHash({ algorithm: "sha256", hex: info.narHash }, "sri"),
      narSize: info.narSizeBytes,
      references: info.references.map(print),
      ...present("ca", info.ca === undefined ? undefined : formatContentAddress(info.ca)),
      ...(closureSize === undefined ? {} : { closureSize }),
      ...present("deriver", info.deriver === undefined ? undefined : print(info.deriver)),
      registrationTime: info.registrationTime,
      ...(format === "0" && !info.ultimate ? {} : { ultimate: info.ultimate }),
      ...(format === "0" && info.signatures.length === 0 ? {} : { signatures: info.signatures }),
      ...(format === "2" ? { version: 2, storeDir } : {}),
    };
    return [print(info.path), value];
  });
  if (format === "0") return entries.map(([, value]) => value);
  const byPath = Object.fromEntries(entries);
  return format === "1" ? byPath : { version: 2, storeDir, info: byPath };
}
