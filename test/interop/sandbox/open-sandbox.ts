import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestBytes, type Digest } from "@causeway/bridge/digest";
import type { ExecuteRequest, ExecuteResponse } from "@causeway/bridge/execution";
import { createMemoryStore, type Store } from "@causeway/bridge/store";
import { createExecutor, type Executor, type ExecutorOptions, type Runtime } from "@causeway/executor";
import { putAction, putRoot, type ActionParts, type RootParts } from "./put-action.ts";

/** The machine's static shell, which brings all tools of these tests with it. */
const BUSYBOX = "/bin/busybox";

/** How an action ended, with its logs as text. */
export interface Ran {
  readonly response: ExecuteResponse;
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** An executor of a test's own, in a temporary directory. */
export interface Sandbox extends AsyncDisposable {
  readonly home: string;
  readonly workDirectory: string;
  readonly treesDirectory: string;
  readonly store: Store;
  readonly executor: Executor;
  /** Stores an action that runs `/bin/sh -c script` and returns its digest. */
  action(script: string, parts?: Partial<ActionParts> & RootParts): Promise<Digest>;
  /** Runs an action to its end. */
  execute(request: ExecuteRequest, signal?: AbortSignal): Promise<Ran>;
  /** Both. */
  run(script: string, parts?: Partial<ActionParts> & RootParts): Promise<Ran>;
}

/** A runtime as on a machine where our helper could not be compiled: a shell starts it. */
export function withoutHelper(runtime: Runtime): Runtime {
  const without = { ...runtime };
  delete (without as { helper?: string }).helper;
  return without;
}

/** Opens an executor over a memory store; disposing removes its directory. */
export async function openSandbox(options: Partial<ExecutorOptions> = {}): Promise<Sandbox> {
  const home = await mkdtemp(join(tmpdir(), "causeway-sandbox-"));
  await chmod(home, 0o755); // Builders are other users, who must be able to pass.
  const store = options.store ?? createMemoryStore();
  const workDirectory = join(home, "work");
  const treesDirectory = join(home, "trees");
  let count = 0;
  const executor = await createExecutor({
    store,
    workDirectory,
    treesDirectory,
    concurrency: 2,
    ids: () => `test-${process.pid}-${String(Date.now())}-${count++}`,
    ...options,
  });
  const shell = await put(store, await readFile(BUSYBOX));

  async function action(script: string, parts: Partial<ActionParts> & RootParts = {}): Promise<Digest> {
    const root = parts.root ?? (await putRoot(store, shell, parts));
    return putAction(store, { arguments: ["/bin/sh", "-c", script], ...parts, root });
  }

  async function execute(request: ExecuteRequest, signal?: AbortSignal): Promise<Ran> {
    const logs = { stdout: "", stderr: "" };
    let response: ExecuteResponse | undefined;
    for await (const event of executor.execute(request, signal === undefined ? {} : { signal })) {
      if (event.type === "output") logs[event.stream] += Buffer.from(event.bytes).toString("latin1");
      if (event.type === "done") response = event.response;
    }
    if (response === undefined) throw new Error("the execution ended without a response");
    return { response, exitCode: response.result?.exitCode, ...logs };
  }

  return {
    home,
    workDirectory,
    treesDirectory,
    store,
    executor,
    action,
    execute,
    run: async (script, parts) => execute({ actionDigest: await action(script, parts) }),
    async [Symbol.asyncDispose]() {
      await executor[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      // Prepared trees are read-only also for their owner, where that is not root.
      execFileSync("chmod", ["-R", "u+w", home]);
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function put(store: Store, bytes: Uint8Array): Promise<Digest> {
  await store.blobs.writeMany([{ bytes }]);
  return digestBytes("blake3", bytes);
}
