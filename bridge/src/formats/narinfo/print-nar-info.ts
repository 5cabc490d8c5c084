import { formatContentAddress } from "../hash/content-address.js";
import { formatNixHash } from "../hash/format-nix-hash.js";
import type { NixHash } from "../hash/hash.js";
import { printStorePath } from "../store-path/parse-store-path.js";
import type { NarInfo } from "./nar-info.js";

/** Writes a narinfo, in the order of Nix's `NarInfo::to_string`. References keep their order: give them sorted. */
export function printNarInfo(storeDir: string, info: NarInfo): string {
  const hash = (value: NixHash): string => formatNixHash(value, "nixbase32", { prefix: true });
  const lines: [key: string, value: string | undefined][] = [
    ["StorePath", printStorePath(storeDir, info.path)],
    ["URL", info.url],
    ["Compression", info.compression],
    ["FileHash", info.fileHash && hash(info.fileHash)],
    ["FileSize", info.fileSizeBytes?.toString()],
    ["NarHash", hash(info.narHash)],
    ["NarSize", info.narSizeBytes.toString()],
    ["References", info.references.join(" ")],
    ["Deriver", info.deriver],
    ["System", info.system],
    ...info.signatures.map((signature): [string, string] => ["Sig", signature]),
    ["CA", info.ca && formatContentAddress(info.ca)],
  ];
  let text = "";
  for (const [key, value] of lines) if (value !== undefined) text += `${key}: ${value}\n`;
  return text;
}
