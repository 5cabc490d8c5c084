import { displayOf, parseNixHash, isHashAlgorithm, HashError, type CastoreNode } from "../../formats/index.js";
import { importNar } from "../../store/index.js";
import { BuiltinError, requiredVariable, textVariable, type Builtin, type BuiltinContext } from "./builtin-context.js";
import { decompress } from "./decompress.js";
import { DownloadError } from "../http/download-error.js";
import { openDownload, type DownloadOptions } from "../http/http-request.js";
import { createInputFiles } from "./input-files.js";

/** How `builtin:fetchurl` downloads. */
export interface FetchUrlSettings extends Omit<DownloadOptions, "signal"> {
  /** Asked first for flat files, at `<mirror>/<algorithm>/<base16>`. Default none. As Nix, `hashed-mirrors`. */
  readonly hashedMirrors?: readonly string[];
  /**
   * Opens a file of this machine for a `file:` URL outside of the store. Without it such URLs are refused: the derivation may come from
   * somebody who is not to read our files.
   */
  readonly openHostFile?: (path: string) => AsyncIterable<Uint8Array>;
}

/**
 * `builtin:fetchurl`: a file, perhaps executable, or an unpacked archive (NAR), from an http, https or file URL. The hash is checked by
 * whoever registers the output.
 *
 * Source: Nix 2.8, src/libstore/builtins/fetchurl.cc.
 */
export function createFetchUrl(settings: FetchUrlSettings): Builtin {
  return async (context) => {
    const mainUrl = displayOf(requiredVariable(context, "url"));
    const mirrored = mirrorPath(context);
    for (const mirror of mirrored === undefined ? [] : (settings.hashedMirrors ?? [])) {
      try {
        return await fetchFrom(context, settings, `${mirror.replace(/\/?$/, "/")}${mirrored!}`, mainUrl);
      } catch (reason) {
        // The next one may have it; the contents are checked, wherever they come from.
        if (!(reason instanceof BuiltinError)) throw reason;
      }
    }
    return fetchFrom(context, settings, mainUrl, mainUrl);
  };
}

function mirrorPath(context: BuiltinContext): string | undefined {
  if (textVariable(context, "outputHashMode") !== "flat") return undefined;
  const algorithm = textVariable(context, "outputHashAlgo");
  try {
    const hash = parseNixHash(textVariable(context, "outputHash"), isHashAlgorithm(algorithm) ? algorithm : undefined);
    return `${hash.algorithm}/${hash.hex}`;
  } catch (reason) {
    if (reason instanceof HashError) return undefined;
    throw reason;
  }
}

async function fetchFrom(
  context: BuiltinContext,
  settings: FetchUrlSettings,
  url: string,
  mainUrl: string,
): Promise<CastoreNode> {
  const { store, signal } = context;
  const options = signal === undefined ? {} : { signal };
  const isUnpacked = textVariable(context, "unpack") === "1";
  const isExecutable = textVariable(context, "executable") === "1";
  try {
    const source = await open(context, settings, url);
    if (isUnpacked) {
      const { node } = await importNar(store, decompress(mainUrl.endsWith(".xz") ? "xz" : "none", source), options);
      return isExecutable && node.type === "file" ? { ...node, executable: true } : node;
    }
    const info = await store.blobs.write(source, undefined, options);
    return { type: "file", digest: info.blake3, size: info.sizeBytes, executable: isExecutable };
  } catch (cause) {
    if (cause instanceof DownloadError) throw new BuiltinError(cause.message, { cause });
    throw cause;
  }
}

async function open(
  context: BuiltinContext,
  settings: FetchUrlSettings,
  url: string,
): Promise<AsyncIterable<Uint8Array>> {
  const { signal } = context;
  if (!/^file:/i.test(url)) return openDownload(url, { ...settings, ...(signal !== undefined && { signal }) });
  const path = decodeURIComponent(new URL(url).pathname);
  const file = await createInputFiles(context).open(path);
  const source = file ?? settings.openHostFile?.(path);
  if (source === undefined) throw unreadable(url);
  return readable(source, url);
}

async function* readable(source: AsyncIterable<Uint8Array>, url: string): AsyncGenerator<Uint8Array> {
  try {
    yield* source;
  } catch (cause) {
    throw unreadable(url, cause);
  }
}

/** The words of libcurl, which Nix passes on. */
function unreadable(url: string, cause?: unknown): BuiltinError {
  return new BuiltinError(`unable to download '${url}': Couldn't read a file:// file (37)`, { cause });
}
