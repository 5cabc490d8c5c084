import { describe, expect, it } from "vitest";
import { createLogStreams, isLogStreamName, parentOfLogStream, type LogStreamLimits } from "#src/execution/index.js";
import { Code } from "#src/status/index.js";

function streamsOf(limits: Partial<LogStreamLimits> = {}): ReturnType<typeof createLogStreams> {
  let count = 0;
  return createLogStreams({ ids: () => `id${String(count++)}`, limits });
}

async function textOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  let text = "";
  for await (const piece of pieces) text += Buffer.from(piece).toString();
  return text;
}

const code = (wanted: Code): unknown => expect.objectContaining({ code: wanted });

describe("a log stream", () => {
  it("is named below its parent, and told from other resource names", () => {
    const { name, writeName } = streamsOf().create("a/b");
    expect(name).toMatch(/^a\/b\/logstreams\/\w+$/);
    expect(writeName.startsWith(`${name}/`)).toBe(true);
    expect([isLogStreamName(name), isLogStreamName(writeName), parentOfLogStream(writeName)]).toEqual([
      true,
      true,
      "a/b",
    ]);
    expect(streamsOf().create("").name).toMatch(/^logstreams\/\w+$/);
    expect(isLogStreamName("a/b/blobs/00/1")).toBe(false);
  });

  it("is read while it is written, by several readers, from where they want", async () => {
    const streams = streamsOf();
    const { name, writer } = streams.create("");
    writer.append(Buffer.from("hello "));
    const readers = [0, 3, 6].map((offset) => textOf(streams.read(name, { offset })));
    readers.push(textOf(streams.read(name, { length: 8 })));
    await new Promise(setImmediate);
    writer.append(Buffer.from("world"));
    writer.finish();
    expect(await Promise.all(readers)).toEqual(["hello world", "lo world", "world", "hello wo"]);
    expect(await textOf(streams.read(name))).toBe("hello world");
    expect(() => streams.read(name, { offset: 12 })).toThrow(code(Code.OutOfRange));
    expect(() => writer.append(Buffer.from("more"))).toThrow(code(Code.FailedPrecondition));
  });

  it("holds what is longer than a block, byte for byte", async () => {
    const streams = streamsOf();
    const { name, writer } = streams.create("");
    const whole = Buffer.alloc(300_000, "0123456789abcde");
    const reading = textOf(streams.read(name));
    for (let at = 0; at < whole.length; at += 777) writer.append(whole.subarray(at, at + 777));
    writer.finish();
    expect((await reading) === whole.toString()).toBe(true);
    expect((await textOf(streams.read(name, { offset: 131_071 }))) === whole.toString("latin1", 131_071)).toBe(true);
  });

  it("keeps its latest bytes only, and lets late readers begin there", async () => {
    const streams = streamsOf({ keptBytesMax: 100_000 });
    const { name, writer } = streams.create("");
    const whole = Buffer.alloc(1_000_000, "0123456789abcde").toString();
    writer.append(Buffer.from(whole));
    writer.finish();
    const text = await textOf(streams.read(name));
    expect(text.length).toBeLessThanOrEqual(100_000);
    expect(text.length).toBeGreaterThan(30_000);
    expect(whole.endsWith(text)).toBe(true);
    expect(writer.sizeBytes).toBe(1_000_000);
  });

  it("ends for a reader that goes", async () => {
    const streams = streamsOf();
    const { name } = streams.create("");
    const leaving = new AbortController();
    const reading = textOf(streams.read(name, { signal: leaving.signal }));
    leaving.abort();
    await expect(reading).rejects.toEqual(code(Code.Cancelled));
  });

  it("is written with its secret only, and read with its name only", () => {
    const streams = streamsOf();
    const { name, writeName, writer } = streams.create("p");
    expect(streams.writer(writeName)).toBe(writer);
    expect(() => streams.writer(name)).toThrow(code(Code.InvalidArgument));
    expect(() => streams.writer(`${name}/guess`)).toThrow(code(Code.NotFound));
    expect(() => streams.read(writeName)).toThrow(code(Code.InvalidArgument));
    expect(() => streams.read(name.replace("p/", "q/"))).toThrow(code(Code.NotFound));
  });

  it("is forgotten when others have ended after it", () => {
    const streams = streamsOf({ finishedMax: 2 });
    const names = [0, 1, 2].map(() => {
      const { name, writer } = streams.create("");
      writer.finish();
      return name;
    });
    expect(() => streams.read(names[0]!)).toThrow(code(Code.NotFound));
    expect(() => streams.read(names[1]!)).not.toThrow();
  });

  it("is refused when too many are open", () => {
    const streams = streamsOf({ openMax: 1 });
    const { writer } = streams.create("");
    expect(() => streams.create("")).toThrow(code(Code.ResourceExhausted));
    writer.finish();
    expect(() => streams.create("")).not.toThrow();
  });
});
