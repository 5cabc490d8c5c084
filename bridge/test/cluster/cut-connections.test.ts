import { afterEach, expect, it } from "vitest";
import { systemWaitingClock } from "#src/coordinator/waiting-clock.js";
import { digestBytes } from "#src/digest/index.js";
import { createRandom, type Random } from "../coordinator/random.js";
import { openCuttingProxy, type CuttingProxy } from "./cutting-proxy.js";
import { openFaultCluster, resultWith, type FaultCluster, type Work } from "./fault-cluster.js";
import { openClient, type Client } from "./open-client.js";

// Connections that break in the middle of whatever passes, as those between machines do.

let opened = new AsyncDisposableStack();
afterEach(async () => {
  const closing = opened;
  opened = new AsyncDisposableStack();
  await closing.disposeAsync();
});

/** Bytes that cannot be packed well, the same for the same word. */
function bytesOf(random: Random, sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  for (let at = 0; at + 4 <= sizeBytes; at += 4) bytes.writeUInt32LE(Math.floor(random.next() * 2 ** 32), at);
  return bytes;
}

/** Makes outputs of many sizes, the same for each run of an action. */
const makesMuch: Work = async ({ command, store }) => {
  const random = createRandom(Number(command.arguments[0]) + 1000);
  const made = command.outputPaths.map((path) => ({ path, bytes: bytesOf(random, random.pick(SIZES)) }));
  await store.blobs.writeMany(made);
  const outputFiles = made.map(({ path, bytes }) => {
    return { path, digest: digestBytes("blake3", bytes), isExecutable: false };
  });
  return { result: resultWith({ outputFiles }) };
};
const SIZES = [10, 3_000, 60_000, 700_000, 2_500_000];

interface Setting {
  readonly cluster: FaultCluster;
  readonly proxy: CuttingProxy;
  readonly client: Client;
}

async function open(
  cutAfter: readonly number[],
  options: Parameters<typeof openClient>[1],
  work: Work = makesMuch,
): Promise<Setting> {
  const cluster = opened.use(await openFaultCluster(work));
  const proxy = opened.use(await openCuttingProxy(cluster.address, { cutAfter }));
  return { cluster, proxy, client: opened.use(await openClient(proxy.address, options)) };
}

it.each([
  [1, false],
  [2, false],
  [3, true],
  [4, true],
] as const)(
  "actions succeed although connections are cut within anything (seed %i, packed: %s)",
  async (seed, compress) => {
    const random = createRandom(seed);
    // More than the first words of a connection; the longest streams pass some of them.
    const cutAfter = Array.from({ length: 24 }, () => 2_000 + random.below(2 ** (11 + random.below(10))));
    const { cluster, proxy, client } = await open(cutAfter, { compress, limits: { attemptsMax: 40 } });
    for (let number = 0; number < 6; number++) {
      const inputs = Array.from({ length: 6 }, () => bytesOf(random, random.pick(SIZES)));
      const made = await client.action(String(number), inputs, ["a", "b", "c", "d"]);
      const { result, status } = await client.run(made.digest);
      expect(status).toBeUndefined();
      expect(result?.outputFiles).toHaveLength(4);
      for (const { digest } of result!.outputFiles)
        expect(await client.store.blobs.stat(digest)).toMatchObject({ sizeBytes: digest.sizeBytes });
      expect(await cluster.store.blobs.findMissing(made.inputs)).toEqual([]);
    }
    expect(proxy.cuts).toBeGreaterThan(8);
  },
);

/** The machine's clock, that tells how often it was waited by. */
function createToldClock(onSleep: (times: number) => Promise<void>): Client["clock"] {
  const slept: number[] = [];
  return {
    ...systemWaitingClock,
    slept,
    async sleep(durationMs, signal) {
      await onSleep(slept.push(durationMs));
      await systemWaitingClock.sleep(durationMs, signal);
    },
  };
}

it("an action goes on while the cluster cannot be reached, and is taken up when it can", async () => {
  const free = Promise.withResolvers<undefined>();
  const clock = createToldClock(async (times) => {
    if (times !== 3) return;
    free.resolve(undefined);
    await proxy.comeBack();
  });
  const { cluster, proxy, client } = await open([], { clock }, async (made) => {
    made.signal.addEventListener("abort", () => free.resolve(undefined));
    await free.promise;
    return makesMuch(made);
  });
  const made = await client.action("7", [Buffer.from("input")]);
  const response = await client.run(made.digest, { onStage: { executing: () => void proxy.goAway() } });
  expect(response.result?.outputFiles).toHaveLength(1);
  expect(cluster.runs).toHaveLength(1);
  expect(cluster.calls.filter((name) => name === "Execute")).toHaveLength(1);
});

it("what is begun while the cluster cannot be reached begins when it can", async () => {
  const clock = createToldClock(async (times) => {
    if (times === 2) await proxy.comeBack();
  });
  const { cluster, proxy, client } = await open([], { clock });
  await proxy.goAway();
  const made = await client.action("7", [Buffer.from("input")]);
  expect((await client.run(made.digest)).result?.outputFiles).toHaveLength(1);
  expect(cluster.runs).toHaveLength(1);
});
