import { describe, expect, it } from "vitest";
import { digestBytes } from "@causeway/bridge/digest";
import type { ExecuteRequest, ExecuteResponse, ExecutionEvent } from "@causeway/bridge/execution";
import { Code, StatusError } from "@causeway/bridge/status";
import { createInFlight } from "#src/queue/in-flight.js";

const never = new AbortController().signal;
const response: ExecuteResponse = { cachedResult: false };
const request = requestOf("an action");

function requestOf(name: string): ExecuteRequest {
  return { actionDigest: digestBytes("blake3", Buffer.from(name)) };
}

/** A run that a test steers. */
interface Run {
  readonly emit: (event: ExecutionEvent) => void;
  readonly signal: AbortSignal;
  readonly end: (response: ExecuteResponse) => void;
  readonly fail: (reason: unknown) => void;
}

function fakeRuns(): { readonly runs: Run[]; readonly inFlight: ReturnType<typeof createInFlight> } {
  const runs: Run[] = [];
  const inFlight = createInFlight((_, emit, signal) => {
    const { promise, resolve, reject } = Promise.withResolvers<ExecuteResponse>();
    runs.push({ emit, signal, end: resolve, fail: reject });
    return promise;
  });
  return { runs, inFlight };
}

async function all(events: AsyncIterable<ExecutionEvent>): Promise<string[]> {
  const seen: string[] = [];
  for await (const event of events) seen.push(event.type === "stage" ? event.stage : event.type);
  return seen;
}

/** Lets everything happen that waits for nothing else. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe("executions in flight", () => {
  it("run equal requests once and tell both all, the later one from the stage it finds", async () => {
    const { runs, inFlight } = fakeRuns();
    const first = all(inFlight.join(request, never));
    runs[0]!.emit({ type: "stage", stage: "queued" });
    runs[0]!.emit({ type: "stage", stage: "executing" });
    await settle();
    const second = all(inFlight.join(request, never));
    runs[0]!.emit({ type: "output", stream: "stdout", bytes: Buffer.from("x") });
    runs[0]!.end(response);
    expect(await first).toEqual(["queued", "executing", "output", "done"]);
    expect(await second).toEqual(["executing", "output", "done"]);
    expect(runs.length).toBe(1);
  });

  it("run different requests side by side, and equal ones again once the first has ended", async () => {
    const { runs, inFlight } = fakeRuns();
    const ends = [all(inFlight.join(request, never)), all(inFlight.join(requestOf("another"), never))];
    expect(runs.length).toBe(2);
    for (const run of runs) run.end(response);
    await Promise.all(ends);
    const again = all(inFlight.join(request, never));
    expect(runs.length).toBe(3);
    runs[2]!.end(response);
    expect(await again).toEqual(["done"]);
  });

  it("go on when one of two waiters leaves, and are cancelled when the last does", async () => {
    const { runs, inFlight } = fakeRuns();
    const leaving = [new AbortController(), new AbortController()];
    const ends = leaving.map(({ signal }) => all(inFlight.join(request, signal)));
    await settle();
    leaving[0]!.abort();
    await expect(ends[0]).rejects.toMatchObject({ code: Code.Cancelled });
    expect(runs[0]!.signal.aborted).toBe(false);
    leaving[1]!.abort();
    let ended = false;
    const last = ends[1]!.catch((error: unknown) => {
      ended = true;
      return error;
    });
    await settle();
    expect(runs[0]!.signal.aborted).toBe(true);
    expect(ended, "it waits until nothing of the action is left").toBe(false);
    runs[0]!.fail(new StatusError(Code.Cancelled, "gone"));
    expect(await last).toMatchObject({ code: Code.Cancelled });
  });

  it("are not joined while they are being cancelled", async () => {
    const { runs, inFlight } = fakeRuns();
    const leaving = new AbortController();
    const first = all(inFlight.join(request, leaving.signal)).catch(() => "left");
    await settle();
    leaving.abort();
    await settle();
    const second = all(inFlight.join(request, never));
    expect(runs.length).toBe(2);
    runs[0]!.fail(new StatusError(Code.Cancelled, "gone"));
    await first;
    const third = all(inFlight.join(request, never));
    expect(runs.length, "the end of the first does not hide the second").toBe(2);
    runs[1]!.end(response);
    expect([await second, await third]).toEqual([["done"], ["done"]]);
  });

  it("fail for all their waiters", async () => {
    const { runs, inFlight } = fakeRuns();
    const ends = [all(inFlight.join(request, never)), all(inFlight.join(request, never))];
    runs[0]!.fail(new StatusError(Code.NotFound, "no"));
    for (const end of ends) await expect(end).rejects.toMatchObject({ code: Code.NotFound });
  });

  it("drop output for a waiter that does not read, but neither stages nor the end", async () => {
    const { runs, inFlight } = fakeRuns();
    const events = inFlight.join(request, never)[Symbol.asyncIterator]();
    const first = events.next();
    runs[0]!.emit({ type: "stage", stage: "executing" });
    await first;
    for (let i = 0; i < 20_000; i++) runs[0]!.emit({ type: "output", stream: "stdout", bytes: Buffer.from("x") });
    runs[0]!.end(response);
    await inFlight.idle();
    let count = 0;
    let last: ExecutionEvent | undefined;
    for (let next = await events.next(); next.done !== true; next = await events.next()) {
      count++;
      last = next.value;
    }
    expect(count).toBe(10_001);
    expect(last?.type).toBe("done");
  });

  it("do not start for a signal that has aborted", async () => {
    const { runs, inFlight } = fakeRuns();
    await expect(all(inFlight.join(request, AbortSignal.abort(new Error("early"))))).rejects.toThrow("early");
    expect(runs.length).toBe(0);
  });
});
