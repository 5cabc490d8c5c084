import { hashPartOf, NarInfoError, NAR_INFO_BYTES_MAX, parseNarInfo, type NarInfo } from "../../../formats/index.js";
import { collect, sendText, type Exchange } from "../../../http/index.js";
import { Code, StatusError } from "../../../status/index.js";
import type { ImportContext } from "../../import/import-context.js";
import { checkVouched, registerImported } from "../../import/import-path.js";
import { descriptionOf } from "../../substitute/cache/description-of.js";
import { rememberPacked } from "./packed-notes.js";
import type { UploadedArchives } from "./uploaded-archives.js";

/**
 * Takes the description of a path whose archive was uploaded before, and makes the path valid.
 *
 * @param isTrusted - whether the caller may add what nobody has signed.
 * @throws StatusError InvalidArgument for a description that is malformed, not believed, or not that of the archive; FailedPrecondition if the
 *   archive or a reference is not here.
 */
export async function takeNarInfo(
  exchange: Exchange,
  { context, archives }: { readonly context: ImportContext; readonly archives: UploadedArchives },
  { hashPart, isTrusted }: { readonly hashPart: string; readonly isTrusted: boolean },
): Promise<void> {
  const text = (await collect(exchange.body(), NAR_INFO_BYTES_MAX)).toString("utf8");
  const narInfo = parse(context.storeDir, text);
  const { path, url, fileSizeBytes } = narInfo;
  const full = `${context.storeDir}/${path}`;
  if (hashPartOf(path) !== hashPart) throw refused(`this is not the description of '${full}'`);
  if (narInfo.narHash.algorithm !== "sha256") throw refused(`NarHash of '${full}' is no SHA-256`);
  const info = descriptionOf(narInfo);
  // What is valid stays as it is: others may have built on it.
  if ((await context.store.pathInfos.get(path)) === undefined) {
    checkVouched(context, info, isTrusted);
    const archive = archives.get(url);
    if (archive === undefined)
      throw new StatusError(Code.FailedPrecondition, `upload '${url}' before the description of '${full}'`);
    if (fileSizeBytes !== undefined && fileSizeBytes !== archive.fileSizeBytes)
      throw refused(`'${url}' has ${String(archive.fileSizeBytes)} bytes, not ${String(fileSizeBytes)}`);
    await registerImported(context, info, archive.added, { acceptUnsigned: isTrusted });
    const { narHash } = archive.added;
    await rememberPacked(context.store.notes, url, { hashPart, narHash, compression: archive.compression });
  }
  sendText(exchange, 200, "stored");
}

function parse(storeDir: string, text: string): NarInfo {
  try {
    return parseNarInfo(storeDir, text);
  } catch (cause) {
    if (cause instanceof NarInfoError) throw new StatusError(Code.InvalidArgument, cause.message, { cause });
    throw cause;
  }
}

const refused = (message: string): StatusError => new StatusError(Code.InvalidArgument, message);
