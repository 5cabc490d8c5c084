import { describe, expect, it } from "vitest";
import { digestBytes } from "@causeway/bridge/digest";
import type { ExecuteResponse, ExecutionEvent } from "@causeway/bridge/execution";
import { Code, StatusError, hasCode } from "@causeway/bridge/status";
import { createInFlight, type ExecutionKind } from "#src/queue/in-flight.js";

const response: ExecuteResponse = { cachedResult: false };
const request = (text: string) => ({ actionDigest: digestBytes("blake3", Buffer.from(text)) });
const never = new AbortController().signal;

/** Runs that the test ends itself. */
function open(mayMerge = true) {
  const runs: {
    readonly emit: (event: ExecutionEvent) => void;
    readonly signal: AbortSignal;
    readonly end: PromiseWithResolvers<ExecuteResponse>;
  }[] = [];
  const kind: ExecutionKind<undefined> = {
    prepare: async () => ({ task: undefined, mayMerge }),
    run(_task, _request, emit, signal) {
      const end = Promise.withResolvers<ExecuteResponse>();
      runs.push({ emit, signal, end });
      return end.promise;
    },
  };
  return { runs, inFlight: createInFlight(kind) };
}

async function collect(events: AsyncIterable<ExecutionEvent>): Promise<string[]> {
  const types: string[] = [];
  for await (const event of events) types.push(event.type === "stage" ? event.stage : event.type);
  return types;
}

/** Lets everything happen that needs no more from outside. */
const settle = () => new Promise(setImmediate);

describe("executions in flight", () => {
  it("are shared by equal requests, and each waiter sees the end", async () => {
    const { runs, inFlight } = open();
    const waiters = [collect(inFlight.join(request("a"), never)), collect(inFlight.join(request("a"), never))];
    await settle();
    expect(runs).toHaveLength(1);
    runs[0]!.emit({ type: "stage", stage: "executing" });
    runs[0]!.emit({ type: "output", stream: "stdout", bytes: Buffer.from("x") });
    runs[0]!.end.resolve(response);
    expect(await Promise.all(waiters)).toEqual([
      ["executing", "output", "done"],
      ["executing", "output", "done"],
    ]);
  });

  it("tell those who join late which stage they are in", async () => {
    const { runs, inFlight } = open();
    const early = collect(inFlight.join(request("a"), never));
    await settle();
    runs[0]!.emit({ type: "stage", stage: "executing" });
    const late = collect(inFlight.join(request("a"), never));
    await settle();
    runs[0]!.end.resolve(response);
    expect(await late).toEqual(["executing", "done"]);
    await early;
  });

  it("are not shared where that is not allowed", async () => {
    const { runs, inFlight } = open(false);
    const waiters = [collect(inFlight.join(request("a"), never)), collect(inFlight.join(request("a"), never))];
    await settle();
    expect(runs).toHaveLength(2);
    for (const { end } of runs) end.resolve(response);
    await Promise.all(waiters);
  });

  it("go on when one of two waiters leaves, and are cancelled when the last one does", async () => {
    const { runs, inFlight } = open();
    const leaving = [new AbortController(), new AbortController()];
    const waiters = leaving.map(({ signal }) => collect(inFlight.join(request("a"), signal)));
    await settle();
    leaving[0]!.abort();
    await expect(waiters[0]).rejects.toSatisfy((error) => hasCode(error, Code.Cancelled));
    expect(runs[0]!.signal.aborted).toBe(false);
    leaving[1]!.abort();
    let ended = false;
    const end = expect(waiters[1])
      .rejects.toSatisfy((error) => hasCode(error, Code.Cancelled))
      .then(() => (ended = true));
    await settle();
    expect(runs[0]!.signal.aborted).toBe(true);
    expect(ended).toBe(false); // Something of the action may be left.
    runs[0]!.end.reject(new StatusError(Code.Cancelled, "gone"));
    await end;
  });

  it("that are being cancelled are not joined", async () => {
    const { runs, inFlight } = open();
    const leaving = new AbortController();
    const left = collect(inFlight.join(request("a"), leaving.signal)).catch(() => undefined);
    await settle();
    leaving.abort();
    await settle();
    const next = collect(inFlight.join(request("a"), never));
    await settle();
    expect(runs).toHaveLength(2);
    runs[0]!.end.resolve(response);
    runs[1]!.end.resolve(response);
    expect(await next).toEqual(["done"]);
    await left;
  });

  it("fail for every waiter with the reason", async () => {
    const { runs, inFlight } = open();
    const waiters = [collect(inFlight.join(request("a"), never)), collect(inFlight.join(request("a"), never))];
    await settle();
    runs[0]!.end.reject(new StatusError(Code.FailedPrecondition, "missing"));
    for (const waiter of waiters)
      await expect(waiter).rejects.toSatisfy((error) => hasCode(error, Code.FailedPrecondition));
    await inFlight.idle();
  });

  it("drop live output for a waiter that does not keep up, but not its end", async () => {
    const { runs, inFlight } = open();
    const events = inFlight.join(request("a"), never)[Symbol.asyncIterator]();
    const first = events.next();
    await settle();
    for (let i = 0; i < 40; i++) runs[0]!.emit({ type: "output", stream: "stdout", bytes: Buffer.alloc(1 << 20) });
    runs[0]!.end.resolve(response);
    const seen = [(await first).value as ExecutionEvent];
    for (let next = await events.next(); next.done !== true; next = await events.next()) seen.push(next.value);
    expect(seen.filter(({ type }) => type === "output")).toHaveLength(16);
    expect(seen.at(-1)?.type).toBe("done");
  });
});
