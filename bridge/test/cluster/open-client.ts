import {
  connectCluster,
  createClusterExecution,
  type ClusterConnection,
  type ClusterExecution,
  type RetryLimits,
} from "#src/cluster/index.js";
import type { WaitingClock } from "#src/coordinator/waiting-clock.js";
import { digestBytes, type Digest } from "#src/digest/index.js";
import type { ExecuteResponse } from "#src/execution/index.js";
import {
  byteStringOf,
  encodeAction,
  encodeCommand,
  encodeReapiDirectory,
  type ByteString,
} from "#src/formats/index.js";
import type { ChannelOptions } from "#src/grpc/index.js";
import { createMemoryStore, type Store } from "#src/store/index.js";
import { createFakeClock } from "../coordinator/fakes.js";

/** Blobs of an action that a client sends. */
export interface MadeAction {
  readonly digest: Digest;
  readonly command: Digest;
  readonly root: Digest;
  /** In the order in which they were given. */
  readonly inputs: readonly Digest[];
}

/** What a client of a cluster is made of, and what it has been through. */
export interface Client extends AsyncDisposable {
  readonly store: Store;
  readonly connection: ClusterConnection;
  readonly execution: ClusterExecution;
  readonly clock: WaitingClock & { readonly slept: number[] };
  /** Stores an action with these files as inputs; one of the same words is the same. */
  action(word: string, inputs?: readonly Uint8Array[], outputs?: readonly string[]): Promise<MadeAction>;
  run(
    digest: Digest,
    options?: {
      readonly signal?: AbortSignal;
      /** Told of the stages that the client is told of. */
      readonly onStage?: Partial<Record<"cache-check" | "queued" | "executing", () => void>>;
    },
  ): Promise<ExecuteResponse>;
}

/** Connects to a cluster with a clock that needs no time. */
export async function openClient(
  address: string,
  options: {
    readonly limits?: Partial<RetryLimits>;
    readonly clock?: Client["clock"];
    readonly compress?: boolean;
    readonly channel?: ChannelOptions;
  } = {},
): Promise<Client> {
  const { clock = createFakeClock(), ...rest } = options;
  const connection = await connectCluster({ url: `grpc://${address}`, clock, random: () => 0.5, ...rest });
  const store = createMemoryStore();
  const execution = createClusterExecution({
    cluster: connection,
    store,
    clock,
    requiresUtf8: true,
    invocationId: "test",
    toolVersion: "0",
  });
  const put = async (bytes: Uint8Array): Promise<Digest> => {
    await store.blobs.writeMany([{ bytes }]);
    return digestBytes("blake3", bytes);
  };
  return {
    store,
    connection,
    execution,
    clock,
    async action(word, inputs = [], outputs = ["out"]) {
      const digests: Digest[] = [];
      for (const bytes of inputs) digests.push(await put(bytes));
      const files = digests.map((digest, i) => ({
        name: `input${String(i).padStart(3, "0")}` as ByteString,
        digest,
        isExecutable: false,
      }));
      const root = await put(encodeReapiDirectory({ files, directories: [], symlinks: [] }));
      const command = await put(
        encodeCommand({
          arguments: [byteStringOf(word)],
          environment: new Map(),
          outputPaths: outputs.map((path) => byteStringOf(path)),
        }),
      );
      return {
        digest: await put(encodeAction({ commandDigest: command, inputRootDigest: root })),
        command,
        root,
        inputs: digests,
      };
    },
    async run(actionDigest, { signal, onStage = {} } = {}) {
      for await (const event of execution.execute({ actionDigest }, signal === undefined ? {} : { signal })) {
        if (event.type === "stage") onStage[event.stage]?.();
        if (event.type === "done") return event.response;
      }
      throw new Error("it ended without an end");
    },
    async [Symbol.asyncDispose]() {
      await connection[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}
