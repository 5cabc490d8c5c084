import type { ServeConfig } from "@causeway/bridge/config/serve";
import {
  createActionCacheService,
  createAssetFetchService,
  createAssetIndex,
  createAssetPushService,
  createByteStreamService,
  createCapabilitiesService,
  createCasService,
  createExecutionService,
  createLogStreamService,
  createOperationsService,
  protoMethods,
  type Service,
} from "@causeway/bridge/grpc";
import { systemClock, type ActionCache, type HashedBlobStore, type TreeView } from "@causeway/bridge/store";
import { instanceCheckOf } from "./access.js";
import type { ServedExecution } from "./open-execution.js";

/** What services answer from. */
export interface ServiceParts {
  readonly config: ServeConfig;
  readonly blobs: HashedBlobStore;
  readonly actionCache: ActionCache;
  readonly trees: TreeView;
  /** Absent: this is a cache only. */
  readonly execution: ServedExecution | undefined;
}

/** The services of REAPI that a configuration asks for. */
export async function createServices({
  config,
  blobs,
  actionCache,
  trees,
  execution,
}: ServiceParts): Promise<Service[]> {
  const methods = await protoMethods();
  const checkInstance = instanceCheckOf(config);
  const instances = checkInstance === undefined ? {} : { checkInstance };
  const limits = { batchBytesMax: config.limits.batchBytes, blobBytesMax: config.limits.blobBytes };
  const assets = createAssetIndex(actionCache);
  const { download, downloadBytes, downloadSeconds } = config.assets;
  const cache = [
    createCapabilitiesService({ limits, execution: execution !== undefined, ...instances }),
    createCasService({ blobs, limits, ...instances }),
    createActionCacheService({ blobs, actionCache, ...instances }),
    createByteStreamService({
      blobs,
      limits,
      ...(execution === undefined ? {} : { logs: execution.logs }),
      ...instances,
    }),
    createAssetFetchService({
      methods: methods.fetch,
      assets,
      store: { blobs, trees },
      clock: systemClock,
      ...(download ? { download: { sizeBytesMax: downloadBytes, timeoutMs: downloadSeconds * 1000 } } : {}),
      ...instances,
    }),
    createAssetPushService({ methods: methods.push, assets, blobs, clock: systemClock, ...instances }),
  ];
  if (execution === undefined) return cache;
  const { operations, logs } = execution;
  return [
    ...cache,
    createExecutionService({ methods: methods.execution, operations, blobs, ...instances }),
    createOperationsService({ methods: methods.operations, operations, blobs }),
    createLogStreamService({ methods: methods.logStream, streams: logs, ...instances }),
  ];
}
