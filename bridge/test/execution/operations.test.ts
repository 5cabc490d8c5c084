import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { digestBytes } from "#src/digest/index.js";
import {
  createLogStreams,
  createOperations,
  type ExecuteRequest,
  type Execution,
  type ExecutionEvent,
  type Operation,
  type OperationLimits,
  type Operations,
} from "#src/execution/index.js";
import { Code, StatusError } from "#src/status/index.js";

const request: ExecuteRequest = { actionDigest: digestBytes("sha256", Buffer.from("action")) };
const code = (wanted: Code): unknown => expect.objectContaining({ code: wanted });

/** An execution whose events the test says one by one. */
interface Scripted extends Execution {
  say(event: ExecutionEvent): void;
  fail(reason: unknown): void;
  /** Whether it was given up. */
  aborted(): boolean;
}

function scripted(): Scripted {
  const events: (ExecutionEvent | { readonly failure: unknown })[] = [];
  let wake: () => void = () => undefined;
  let signal: AbortSignal | undefined;
  return {
    say(event) {
      events.push(event);
      wake();
    },
    fail(failure) {
      events.push({ failure });
      wake();
    },
    aborted: () => signal?.aborted === true,
    async *execute(_, options) {
      signal = options?.signal;
      for (;;) {
        if (signal?.aborted === true) throw StatusError.from(signal.reason);
        const event = events.shift();
        if (event === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve;
            signal?.addEventListener("abort", () => resolve(), { once: true });
          });
          continue;
        }
        if ("failure" in event) throw event.failure;
        yield event;
        if (event.type === "done") return;
      }
    },
  };
}

const stage = (name: "cache-check" | "queued" | "executing"): ExecutionEvent => ({ type: "stage", stage: name });
const done: ExecutionEvent = { type: "done", response: { cachedResult: false, message: "well" } };

let execution: Scripted;
let operations: Operations;
let nowMs = 0;
const logs = createLogStreams({ ids: nextId });
let count = 0;

function nextId(): string {
  return `id${String(count++)}`;
}

function open(limits: Partial<OperationLimits> = {}): void {
  execution = scripted();
  operations = createOperations({ execution, clock: { nowMs: () => nowMs }, ids: nextId, logs, limits });
}

async function started(): Promise<Operation> {
  const starting = operations.start(request);
  execution.say(stage("queued"));
  return starting;
}

async function stagesOf(operation: Operation, fromStart = true): Promise<string[]> {
  const stages: string[] = [];
  for await (const state of operation.watch({ fromStart })) stages.push(state.stage);
  return stages;
}

/** Lets everything that is ready run. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  open();
});
afterEach(async () => {
  await operations[Symbol.asyncDispose]();
  vi.useRealTimers();
});

describe("an operation", () => {
  it("tells every waiter its stages in order, and is done once", async () => {
    const starting = operations.start(request, { owner: "me" });
    execution.say(stage("cache-check"));
    execution.say(stage("queued"));
    const operation = await starting;
    expect(operation).toMatchObject({ owner: "me", request, state: { stage: "queued" } });
    expect(operation.name).toMatch(/^operations\/\w+$/);
    const waiting = [stagesOf(operation), stagesOf(operation, false)];
    execution.say(stage("executing"));
    execution.say(done);
    expect(await Promise.all(waiting)).toEqual([
      ["cache-check", "queued", "executing", "completed"],
      ["queued", "executing", "completed"],
    ]);
    expect(await stagesOf(operation, false)).toEqual(["completed"]);
    expect(operation.state).toEqual({ stage: "completed", response: { cachedResult: false, message: "well" } });
  });

  it("is not created when its action is refused", async () => {
    const starting = operations.start(request);
    execution.say(stage("cache-check"));
    execution.fail(new StatusError(Code.FailedPrecondition, "no such blob"));
    await expect(starting).rejects.toEqual(code(Code.FailedPrecondition));
    expect(operations.list({ limit: 10 }).operations).toEqual([]);
  });

  it("is not created for a client that goes before", async () => {
    const leaving = new AbortController();
    const starting = operations.start(request, { signal: leaving.signal });
    leaving.abort();
    await expect(starting).rejects.toEqual(code(Code.Cancelled));
  });

  it("ends with a response that says what went wrong later", async () => {
    const operation = await started();
    execution.fail(new StatusError(Code.Unavailable, "the worker went"));
    expect(await stagesOf(operation)).toEqual(["queued", "completed"]);
    expect(operation.state).toMatchObject({ response: { cachedResult: false, status: { code: Code.Unavailable } } });
  });

  it("goes on for a while without waiters, and then is cancelled", async () => {
    open({ graceMs: 1000 });
    const operation = await started();
    for await (const state of operation.watch()) if (state.stage === "queued") break;
    vi.advanceTimersByTime(900);
    for await (const state of operation.watch()) if (state.stage === "queued") break;
    vi.advanceTimersByTime(900);
    expect(execution.aborted()).toBe(false);
    const waiting = stagesOf(operation);
    await settle();
    vi.advanceTimersByTime(5000);
    expect(execution.aborted()).toBe(false);
    execution.say(stage("executing"));
    await settle();
    execution.say(done);
    expect(await waiting).toEqual(["queued", "executing", "completed"]);
  });

  it("is cancelled when nobody comes back", async () => {
    open({ graceMs: 1000 });
    const operation = await started();
    vi.advanceTimersByTime(1001);
    expect(execution.aborted()).toBe(true);
    expect((await stagesOf(operation)).at(-1)).toBe("completed");
    expect(operation.state).toMatchObject({ response: { status: { code: Code.Cancelled } } });
  });

  it("is cancelled by its name", async () => {
    const { name } = await started();
    const waiting = stagesOf(operations.get(name));
    operations.cancel(name);
    expect(await waiting).toEqual(["queued", "completed"]);
    expect(operations.get(name).state).toMatchObject({ response: { status: { code: Code.Cancelled } } });
    expect(() => operations.cancel(name)).not.toThrow();
    expect(() => operations.cancel("operations/none")).toThrow(code(Code.NotFound));
  });

  it("leaves a waiter that goes", async () => {
    const operation = await started();
    const leaving = new AbortController();
    const waiting = (async () => {
      for await (const state of operation.watch({ signal: leaving.signal })) expect(state.stage).toBe("queued");
    })();
    await settle();
    leaving.abort();
    await expect(waiting).rejects.toEqual(code(Code.Cancelled));
  });

  it("has its output as log streams from when it executes", async () => {
    const operation = await started();
    expect(operation.logs).toBeUndefined();
    execution.say(stage("executing"));
    execution.say({ type: "output", stream: "stderr", bytes: Buffer.from("words") });
    await settle();
    const reading = (async () => {
      let text = "";
      for await (const piece of logs.read(operation.logs!.stderr)) text += Buffer.from(piece).toString();
      return text;
    })();
    execution.say({ type: "output", stream: "stderr", bytes: Buffer.from(" more") });
    execution.say(done);
    expect(await reading).toBe("words more");
  });
});

describe("the operations", () => {
  it("are listed by pages, in their order", async () => {
    const names: string[] = [];
    for (let i = 0; i < 5; i++) names.push((await started()).name);
    const first = operations.list({ limit: 2 });
    expect(first.operations.map(({ name }) => name)).toEqual(names.slice(0, 2));
    operations.remove(names[0]!);
    const second = operations.list({ limit: 2, pageToken: first.nextPageToken! });
    expect(second.operations.map(({ name }) => name)).toEqual(names.slice(2, 4));
    const last = operations.list({ limit: 2, pageToken: second.nextPageToken! });
    expect([last.operations.map(({ name }) => name), last.nextPageToken]).toEqual([[names[4]], undefined]);
    expect(operations.list({ limit: 9, filter: ({ name }) => name === names[3] }).operations).toHaveLength(1);
    expect(() => operations.list({ limit: 1, pageToken: "x" })).toThrow(code(Code.InvalidArgument));
    expect(operations.counts()).toEqual({ "cache-check": 0, queued: 5, executing: 0 });
  });

  it("are forgotten when they are completed for long, or many are", async () => {
    open({ finishedMs: 1000, finishedMax: 2 });
    const names: string[] = [];
    for (let i = 0; i < 3; i++) {
      const operation = await started();
      execution.say(done);
      await stagesOf(operation);
      names.push(operation.name);
    }
    expect(() => operations.get(names[0]!)).toThrow(code(Code.NotFound));
    expect(operations.get(names[1]!).state.stage).toBe("completed");
    nowMs += 1001;
    expect(() => operations.get(names[1]!)).toThrow(code(Code.NotFound));
    expect(operations.list({ limit: 10 }).operations).toEqual([]);
  });

  it("are removed by their name, once they are completed", async () => {
    const operation = await started();
    operations.remove(operation.name);
    const waiting = stagesOf(operations.get(operation.name));
    execution.say(done);
    expect(await waiting).toEqual(["queued", "completed"]);
    expect(() => operations.get(operation.name)).toThrow(code(Code.NotFound));
  });

  it("end with the server", async () => {
    const operation = await started();
    await operations[Symbol.asyncDispose]();
    expect(operation.state).toMatchObject({ response: { status: { code: Code.Unavailable } } });
    await expect(operations.start(request)).rejects.toEqual(code(Code.Unavailable));
  });
});
