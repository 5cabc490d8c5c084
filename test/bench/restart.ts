import { connect, digestFunctionNumber, hotMethods } from "@causeway/bridge/grpc";
import { digestBytes } from "@causeway/bridge/digest";
import { createServerHome } from "../serve/start-server.ts";

// Measures how long `causeway serve` takes to serve over a state of many small blobs: after it was ended, and after `kill -9`.
// usage: node test/bench/restart.ts [BLOBS]
const blobs = Number(process.argv[2] ?? 1_000_000);
/** Of one batch, and of one blob: the number of blobs is what counts here. */
const BATCH = 10_000;
const BLOB_BYTES = 64;
/** Batches under way. */
const IN_FLIGHT = 2;

await using home = await createServerHome();

function batchFrom(first: number): { digest: { hash: string; sizeBytes: number }; data: Buffer; compressor: number }[] {
  return Array.from({ length: Math.min(BATCH, blobs - first) }, (_, i) => {
    const data = Buffer.alloc(BLOB_BYTES, `blob ${first + i}, `);
    return { digest: digestBytes("sha256", data), data, compressor: 0 };
  });
}

async function fill(grpc: string): Promise<void> {
  await using channel = await connect(grpc);
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < blobs) {
      const requests = batchFrom((next += BATCH) - BATCH);
      const { responses } = await channel.unary(hotMethods.cas.batchUpdateBlobs, {
        instanceName: "",
        requests,
        digestFunction: digestFunctionNumber.sha256,
      });
      if (responses.some(({ status }) => (status?.code ?? 0) !== 0)) throw new Error("a blob was refused");
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
}

async function missing(grpc: string): Promise<number> {
  await using channel = await connect(grpc);
  const last = batchFrom(Math.max(0, blobs - BATCH)).map(({ digest }) => digest);
  const { missingBlobDigests } = await channel.unary(hotMethods.cas.findMissingBlobs, {
    instanceName: "",
    blobDigests: last,
    digestFunction: digestFunctionNumber.sha256,
  });
  return missingBlobDigests.length;
}

const startedMs = performance.now();
let server = home.start();
await fill((await server.ready()).grpc);
const fillMs = performance.now() - startedMs;
const restarts: object[] = [];
for (const end of ["SIGKILL", "SIGTERM", "SIGTERM"] as const) {
  server.signal(end);
  await server.ended();
  const restartedMs = performance.now();
  server = home.start();
  const { grpc } = await server.ready();
  const readyMs = performance.now() - restartedMs;
  restarts.push({ after: end, readyMs: Math.round(readyMs), lost: await missing(grpc) });
}
process.stdout.write(`${JSON.stringify({ blobs, fillMs: Math.round(fillMs), restarts }, undefined, 2)}\n`);
