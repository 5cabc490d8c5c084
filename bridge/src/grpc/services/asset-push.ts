import type {
  PushBlobRequest,
  PushBlobRequest__Output,
} from "@causeway/reapi-protos/types/build/bazel/remote/asset/v1/PushBlobRequest.js";
import type {
  PushBlobResponse,
  PushBlobResponse__Output,
} from "@causeway/reapi-protos/types/build/bazel/remote/asset/v1/PushBlobResponse.js";
import type {
  PushDirectoryRequest,
  PushDirectoryRequest__Output,
} from "@causeway/reapi-protos/types/build/bazel/remote/asset/v1/PushDirectoryRequest.js";
import type {
  PushDirectoryResponse,
  PushDirectoryResponse__Output,
} from "@causeway/reapi-protos/types/build/bazel/remote/asset/v1/PushDirectoryResponse.js";
import type { Digest__Output } from "@causeway/reapi-protos/types/build/bazel/remote/execution/v2/Digest.js";
import { Code, StatusError } from "../../status/index.js";
import type { BlobStore } from "../../store/index.js";
import { bind, type CallContext, type Method, type Service } from "../rpc.js";
import type { AssetIndex, AssetKey } from "./assets/asset-index.js";
import { checkBlob } from "./assets/checksum.js";
import { checkUris, momentOf, readQualifiers } from "./assets/asset-request.js";
import { beginCall, type InstanceOptions } from "./begin-call.js";
import { digestFunctionNamed, digestIn } from "./request-digest.js";

/** What {@link createAssetPushService} works with. */
export interface AssetPushOptions extends InstanceOptions {
  readonly methods: {
    readonly pushBlob: Method<
      PushBlobRequest,
      PushBlobRequest__Output,
      PushBlobResponse,
      PushBlobResponse__Output,
      "unary"
    >;
    readonly pushDirectory: Method<
      PushDirectoryRequest,
      PushDirectoryRequest__Output,
      PushDirectoryResponse,
      PushDirectoryResponse__Output,
      "unary"
    >;
  };
  readonly assets: AssetIndex;
  readonly blobs: BlobStore;
  readonly clock: { nowMs(): number };
}

/** Of one push: each is looked up. Artifacts of BuildStream name a few. */
const REFERENCES_MAX = 10_000;

/** The service `Push`: names blobs and directories that are in the store. Source: remote-apis, asset/v1/remote_asset.proto. */
export function createAssetPushService(options: AssetPushOptions): Service {
  const { methods, assets, blobs, clock } = options;

  async function push(
    request: PushBlobRequest__Output | PushDirectoryRequest__Output,
    kind: AssetKey["kind"],
    content: Digest__Output | undefined,
    call: CallContext,
  ): Promise<void> {
    const instanceName = request.instanceName ?? "";
    beginCall(options, call, instanceName, "write");
    const fn = digestFunctionNamed(request.digestFunction);
    call.label({ digestFunction: fn });
    const digest = digestIn(fn, content, kind === "blob" ? "blob_digest" : "root_directory_digest");
    const qualifiers = readQualifiers(request.qualifiers);
    const checksum = qualifiers.find(({ name }) => name === "checksum.sri")?.value;
    if (checksum !== undefined && kind === "blob") await checkBlob(blobs, digest, checksum);
    const { referencesBlobs, referencesDirectories } = request;
    if (referencesBlobs.length + referencesDirectories.length > REFERENCES_MAX)
      throw new StatusError(Code.InvalidArgument, `an asset has at most ${String(REFERENCES_MAX)} references`);
    const references = {
      blobs: referencesBlobs.map((each) => digestIn(fn, each, "references_blobs")),
      directories: referencesDirectories.map((each) => digestIn(fn, each, "references_directories")),
    };
    const expiresMs = momentOf(request.expireAt);
    const asset = { digest, pushedMs: clock.nowMs(), ...(expiresMs === undefined ? {} : { expiresMs }) };
    for (const uri of checkUris(request.uris))
      await assets.put({ instanceName, kind, uri, qualifiers }, asset, references);
  }

  return [
    bind(methods.pushBlob, async (request, call) => {
      await push(request, "blob", request.blobDigest, call);
      return {};
    }),
    bind(methods.pushDirectory, async (request, call) => {
      await push(request, "directory", request.rootDirectoryDigest, call);
      return {};
    }),
  ];
}
