import { demand, type Caller } from "../../access/index.js";
import { createLimiter } from "../../coordinator/index.js";
import { sendBytes, sendStream, sendText, type Exchange, type Route } from "../../http/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { PathInfo } from "../../store/index.js";
import type { ImportContext } from "../import/import-context.js";
import type { Signer } from "../registration/signer.js";
import { printCacheInfo } from "../substitute/cache/cache-info.js";
import { sendArchive, sendCastoreArchive, sendUploaded } from "./answer/archive.js";
import { listingOf } from "./answer/listing.js";
import { narInfoOf, type ServedCompression } from "./answer/nar-info.js";
import { parseCachePath, type CachePath, type PackedPath } from "./cache-path.js";
import { sendBuildTrace, sendRealisation, takeBuildTrace, takeRealisation } from "./realisation-files.js";
import { sendDebugInfo, sendLog, takeDebugInfo, takeLog } from "./small-files.js";
import { takeArchive } from "./upload/take-archive.js";
import { takeNarInfo } from "./upload/take-nar-info.js";
import { createUploadedArchives } from "./upload/uploaded-archives.js";

/** What {@link createBinaryCacheRoutes} needs. */
export interface BinaryCacheServerOptions {
  readonly context: ImportContext;
  /** Adds signatures to what is served. */
  readonly signer: Signer;
  readonly compression: ServedCompression;
  /** Clients ask caches with lower numbers first. */
  readonly priority: number;
  readonly wantsMassQuery: boolean;
  /** Of an archive that is uploaded, packed or not. */
  readonly archiveBytesMax: number;
}

/** Instances are REAPI's: paths of Nix are not divided by them. */
const INSTANCE = "";
/** Archives that are taken in at once; others wait. Each has buffers of its own, and perhaps a program that unpacks. */
const UPLOADS_MAX = 32;
/** Archives whose descriptions have not come yet: some 200 bytes each. */
const UPLOADED_MAX = 100_000;

/**
 * A binary cache over the store: what Nix has below `http://…` in `substituters`, and copies to.
 *
 * Sources: Nix, src/libstore/binary-cache-store.cc, http-binary-cache-store.cc, nar-info.cc.
 */
export function createBinaryCacheRoutes(options: BinaryCacheServerOptions): Route[] {
  const { context, signer, compression, priority, wantsMassQuery, archiveBytesMax } = options;
  const { store, storeDir } = context;
  const archives = createUploadedArchives(UPLOADED_MAX);
  const uploads = createLimiter(UPLOADS_MAX);

  async function pathOf(hashPart: string): Promise<PathInfo> {
    const info = await store.pathInfos.getByHashPart(hashPart);
    if (info === undefined) throw new StatusError(Code.NotFound, "there is no such path here");
    return info;
  }

  async function read(exchange: Exchange, path: CachePath): Promise<void> {
    switch (path.kind) {
      case "info": {
        const text = printCacheInfo({ storeDir, wantsMassQuery, priority });
        sendBytes(exchange, "text/x-nix-cache-info", Buffer.from(text));
        return;
      }
      case "narinfo": {
        const text = narInfoOf(storeDir, await pathOf(path.hashPart), { signer, compression });
        sendBytes(exchange, "text/x-nix-narinfo", Buffer.from(text));
        return;
      }
      case "listing":
        return sendListing(exchange, await pathOf(path.hashPart));
      case "archive":
        return sendArchive(exchange, store, path);
      case "castore":
        return sendCastoreArchive(exchange, store, path);
      case "packed":
        return answerUploaded(exchange, path);
      case "log":
        return sendLog(exchange, store, path.drvPath);
      case "realisation":
        return sendRealisation(exchange, store, path.id);
      case "trace":
        return sendBuildTrace(exchange, store, path);
      case "debuginfo":
        return sendDebugInfo(exchange, store, path.buildId);
    }
  }

  async function sendListing(exchange: Exchange, { node }: PathInfo): Promise<void> {
    exchange.response.setHeader("content-type", "application/json");
    if (exchange.request.method === "HEAD") exchange.response.end();
    else await sendStream(exchange, listingOf(store, node), (n) => exchange.countBytes("sent", "identity", n));
  }

  /** Clients ask before they upload, perhaps before they have described it. */
  async function answerUploaded(exchange: Exchange, path: PackedPath): Promise<void> {
    const archive = archives.get(path.url);
    if (archive === undefined || exchange.request.method !== "HEAD") return sendUploaded(exchange, store, path);
    exchange.response.writeHead(200, {
      "content-type": "application/x-nix-nar",
      "content-length": archive.fileSizeBytes,
    });
    exchange.response.end();
  }

  async function write(exchange: Exchange, path: CachePath): Promise<void> {
    const { caller } = exchange;
    switch (path.kind) {
      case "packed":
        return uploads(() => takeArchive(exchange, { store, archives, archiveBytesMax }, path));
      case "narinfo":
        return takeNarInfo(exchange, { context, archives }, { ...path, isTrusted: isTrusted(caller) });
      case "listing":
        // Ours is made from the contents.
        sendText(exchange, 200, "not needed");
        return;
      case "log":
        demandTrust(caller, "logs");
        return takeLog(exchange, store, path.drvPath);
      case "realisation":
        return takeRealisation(exchange, context, { ...path, isTrusted: isTrusted(caller) });
      case "trace":
        demandTrust(caller, "realisations");
        return takeBuildTrace(exchange, store, path);
      case "debuginfo":
        return takeDebugInfo(exchange, store, path.buildId);
      case "info":
      case "archive":
      case "castore":
        throw new StatusError(Code.PermissionDenied, "this file is made by the server");
    }
  }

  return [
    {
      name: "nix",
      methods: ["GET", "HEAD", "PUT"],
      matches: (path) => parseCachePath(path) !== undefined,
      async handle(exchange) {
        const path = parseCachePath(exchange.path)!;
        const writes = exchange.request.method === "PUT";
        demand(exchange.caller, writes ? "write" : "read", INSTANCE);
        await (writes ? write(exchange, path) : read(exchange, path));
      },
    },
  ];
}

/** Who may do anything may also add what nobody has signed. */
const isTrusted = (caller: Caller): boolean => caller.allows("admin", INSTANCE);

/** @throws StatusError PermissionDenied. */
function demandTrust(caller: Caller, what: string): void {
  if (isTrusted(caller)) return;
  throw new StatusError(
    Code.PermissionDenied,
    `'${caller.name}' may not upload ${what}: that needs the right to admin`,
  );
}
