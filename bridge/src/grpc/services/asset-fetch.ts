import type {
  FetchBlobRequest,
  FetchBlobRequest__Output,
} from "@causeway/reapi-protos/types/build/bazel/remote/asset/v1/FetchBlobRequest.js";
import type {
  FetchBlobResponse,
  FetchBlobResponse__Output,
} from "@causeway/reapi-protos/types/build/bazel/remote/asset/v1/FetchBlobResponse.js";
import type {
  FetchDirectoryRequest,
  FetchDirectoryRequest__Output,
} from "@causeway/reapi-protos/types/build/bazel/remote/asset/v1/FetchDirectoryRequest.js";
import type {
  FetchDirectoryResponse,
  FetchDirectoryResponse__Output,
} from "@causeway/reapi-protos/types/build/bazel/remote/asset/v1/FetchDirectoryResponse.js";
import { digestOf, type Digest, type DigestFunction } from "../../digest/index.js";
import { msOf } from "../../formats/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { Store } from "../../store/index.js";
import { bind, type CallContext, type Method, type Service } from "../rpc.js";
import type { Asset, AssetIndex, AssetKey } from "./assets/asset-index.js";
import { checkUris, momentOf, readQualifiers, timestampMessage, type AssetQualifier } from "./assets/asset-request.js";
import { downloadAsset } from "./assets/download-asset.js";
import { beginCall, type InstanceOptions } from "./begin-call.js";
import { digestFunctionNamed, digestMessage, functionMessage } from "./request-digest.js";

/** What {@link createAssetFetchService} works with. */
export interface AssetFetchOptions extends InstanceOptions {
  readonly methods: {
    readonly fetchBlob: Method<
      FetchBlobRequest,
      FetchBlobRequest__Output,
      FetchBlobResponse,
      FetchBlobResponse__Output,
      "unary"
    >;
    readonly fetchDirectory: Method<
      FetchDirectoryRequest,
      FetchDirectoryRequest__Output,
      FetchDirectoryResponse,
      FetchDirectoryResponse__Output,
      "unary"
    >;
  };
  readonly assets: AssetIndex;
  readonly store: Pick<Store, "blobs" | "trees">;
  readonly clock: { nowMs(): number };
  /**
   * Whether what was not pushed is downloaded over HTTP(S), by whoever may write. Whoever may ask for that can reach what this machine can
   * reach: off unless given.
   */
  readonly download?: { readonly sizeBytesMax: number; readonly timeoutMs: number };
}

/** What a request asks for. */
interface Wanted extends Omit<AssetKey, "uri"> {
  readonly uris: readonly string[];
  readonly fn: DigestFunction;
  readonly oldestMs: number | undefined;
  readonly timeoutMs: number | undefined;
}

interface Found {
  readonly uri: string;
  readonly asset: Asset;
  /** Under the function of the request. */
  readonly digest: Digest;
}

const HEADER = "http_header:";

/**
 * The service `Fetch`: finds what was pushed by the same URI and qualifiers. What cannot be found is said in the `status` of the response.
 * Source: remote-apis, asset/v1/remote_asset.proto and qualifiers.md.
 */
export function createAssetFetchService(options: AssetFetchOptions): Service {
  const { methods, assets, store, clock, download } = options;

  function wantedOf(
    request: FetchBlobRequest__Output | FetchDirectoryRequest__Output,
    kind: AssetKey["kind"],
    call: CallContext,
  ): Wanted {
    const instanceName = request.instanceName ?? "";
    beginCall(options, call, instanceName, "read");
    const fn = digestFunctionNamed(request.digestFunction);
    call.label({ digestFunction: fn });
    const isHeader = (name: string): boolean => download !== undefined && kind === "blob" && name.startsWith(HEADER);
    return {
      instanceName,
      kind,
      fn,
      uris: checkUris(request.uris),
      qualifiers: readQualifiers(request.qualifiers, isHeader),
      oldestMs: momentOf(request.oldestContentAccepted),
      timeoutMs:
        request.timeout && msOf({ seconds: Number(request.timeout.seconds ?? 0), nanos: request.timeout.nanos ?? 0 }),
    };
  }

  async function find(wanted: Wanted): Promise<Found | undefined> {
    for (const uri of wanted.uris) {
      const asset = await assets.get({ ...wanted, uri });
      if (asset === undefined || (asset.expiresMs ?? Infinity) <= clock.nowMs()) continue;
      if (wanted.oldestMs !== undefined && asset.pushedMs < wanted.oldestMs) continue;
      return { uri, asset, digest: await translated(asset.digest, wanted) };
    }
    return undefined;
  }

  /** The same content under the function of the request. */
  async function translated(digest: Digest, { fn, kind }: Wanted): Promise<Digest> {
    if (digest.fn === fn) return digest;
    if (kind === "directory") return store.trees.toReapi((await store.trees.fromReapi(digest)).digest, fn);
    const info = await store.blobs.stat(digest);
    if (info === undefined) throw new StatusError(Code.NotFound, "the blob of the asset has just gone");
    return digestOf(info, fn);
  }

  async function downloaded(wanted: Wanted, call: CallContext): Promise<Found> {
    const { sizeBytesMax, timeoutMs } = download!;
    const late = AbortSignal.timeout(Math.min(timeoutMs, wanted.timeoutMs ?? timeoutMs));
    const checksum = wanted.qualifiers.find(({ name }) => name === "checksum.sri")?.value;
    let failure: unknown;
    for (const uri of wanted.uris)
      try {
        const info = await downloadAsset(store.blobs, uri, {
          sizeBytesMax,
          signal: AbortSignal.any([call.signal, late]),
          headers: headersOf(wanted.qualifiers),
          ...(checksum === undefined ? {} : { checksum }),
        });
        const asset = { digest: digestOf(info, wanted.fn), pushedMs: clock.nowMs() };
        await assets.put({ ...wanted, uri }, asset, { blobs: [], directories: [] });
        return { uri, asset, digest: asset.digest };
      } catch (error) {
        failure ??= error;
      }
    throw StatusError.from(failure);
  }

  async function answer(wanted: Wanted, call: CallContext): Promise<Found | StatusError> {
    const found = await find(wanted);
    if (found !== undefined) return found;
    const absent = new StatusError(Code.NotFound, `nothing was pushed for '${wanted.uris[0]!}' with these qualifiers`);
    if (download === undefined || wanted.kind === "directory" || !call.caller.allows("write", wanted.instanceName))
      return absent;
    if (!wanted.uris.some((uri) => /^https?:/i.test(uri))) return absent;
    try {
      return await downloaded(wanted, call);
    } catch (error) {
      const status = StatusError.from(error);
      // What is wrong with the request is the status of the call.
      if (status.code === Code.InvalidArgument || call.signal.aborted) throw status;
      return status;
    }
  }

  return [
    bind(methods.fetchBlob, async (request, call) => {
      const wanted = wantedOf(request, "blob", call);
      const found = await answer(wanted, call);
      return { ...headOf(wanted, found), ...("digest" in found ? { blobDigest: digestMessage(found.digest) } : {}) };
    }),
    bind(methods.fetchDirectory, async (request, call) => {
      const wanted = wantedOf(request, "directory", call);
      const found = await answer(wanted, call);
      return {
        ...headOf(wanted, found),
        ...("digest" in found ? { rootDirectoryDigest: digestMessage(found.digest) } : {}),
      };
    }),
  ];
}

function headOf(
  { uris, qualifiers, fn }: Wanted,
  found: Found | StatusError,
): Pick<FetchBlobResponse, "status" | "uri" | "qualifiers" | "expiresAt" | "digestFunction"> {
  const names = qualifiers.map(({ name, value }) => ({ name, value }));
  if (found instanceof StatusError)
    return { status: { code: found.code, message: found.message }, uri: uris[0]!, qualifiers: names };
  const { expiresMs } = found.asset;
  return {
    status: { code: Code.Ok },
    uri: found.uri,
    qualifiers: names,
    digestFunction: functionMessage(fn),
    ...(expiresMs === undefined ? {} : { expiresAt: timestampMessage(expiresMs) }),
  };
}

/** Qualifiers `http_header:<name>` are sent to the server, as Bazel's remote downloader wants it. */
function headersOf(qualifiers: readonly AssetQualifier[]): Record<string, string> {
  return Object.fromEntries(
    qualifiers
      .filter(({ name }) => name.startsWith(HEADER))
      .map(({ name, value }) => [name.slice(HEADER.length), value]),
  );
}
