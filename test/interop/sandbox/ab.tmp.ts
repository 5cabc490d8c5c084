import { findRuntime } from "@causeway/executor";
import { openSandbox } from "./open-sandbox.ts";
const runtime = await findRuntime((process.argv[2] ?? "crun") as "crun");
const { helper: _, ...without } = runtime;
const N = Number(process.argv[3] ?? 40);
const a = await openSandbox({ runtime, concurrency: 1 });
const b = await openSandbox({ runtime: without, concurrency: 1 });
const kinds: [string, typeof a, Record<string, string>][] = [["helper merge", a, {}], ["helper terminal", a, { terminal: "on", argv0: "basename" }], ["shell merge", b, {}]];
const times = new Map<string, number[]>(kinds.map(([k]) => [k, []]));
for (let i = 0; i < N; i++)
  for (const [k, box, platform] of kinds) {
    const ran = await box.run("exit 0", { platform, action: { doNotCache: true } });
    const m = ran.response.result!.metadata as any;
    if (i > 2) times.get(k)!.push(m.executionCompletedMs - m.executionStartMs);
  }
for (const [k, list] of times) { list.sort((x, y) => x - y); console.log(k, "median", list[list.length >> 1].toFixed(2), "p10", list[list.length / 10 | 0].toFixed(2), "mean", (list.reduce((x, y) => x + y) / list.length).toFixed(2)); }
await a[Symbol.asyncDispose](); await b[Symbol.asyncDispose]();
