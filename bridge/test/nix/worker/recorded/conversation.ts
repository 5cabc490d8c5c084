import { Operation, Stderr } from "#src/nix/worker/protocol.js";
import { WireReader } from "#src/nix/worker/wire/reader.js";
import {
  choice,
  createSink,
  fields,
  frames,
  list,
  nothing,
  number,
  pathInfo,
  string,
  strings,
  unkeyedInfo,
} from "./codec.js";
import type { AnyCodec } from "./codec.js";

/*
 * The worker protocol once more, as tables: what the operations of the daemon do step by step. Versions 1.34 (Nix 2.8) and 1.38 (2.34).
 */

const operations: Readonly<Record<string, readonly [request: AnyCodec, reply: (minor: number) => AnyCodec]>> = {
  IsValidPath: [string, () => number],
  QueryReferrers: [string, () => strings],
  AddToStore: [fields(string, string, strings, number, frames), () => pathInfo],
  BuildPaths: [fields(strings, number), () => number],
  EnsurePath: [string, () => number],
  AddTempRoot: [string, () => number],
  AddIndirectRoot: [string, () => number],
  FindRoots: [nothing, () => list(fields(string, string))],
  SetOptions: [fields(...Array.from({ length: 12 }, () => number), list(fields(string, string))), () => nothing],
  CollectGarbage: [fields(number, strings, number, number, number, number, number), () => fields(strings, number, number)],
  QueryAllValidPaths: [nothing, () => strings],
  QueryPathInfo: [string, () => choice({ 0: nothing, 1: unkeyedInfo })],
  QueryValidPaths: [fields(strings, number), () => strings],
  QueryDerivationOutputMap: [string, () => list(fields(string, string))],
  OptimiseStore: [nothing, () => number],
  VerifyStore: [fields(number, number), () => number],
  BuildDerivation: [
    fields(string, list(fields(string, string, string, string)), strings, string, string, strings, list(fields(string, string)), number),
    (minor) => buildResult(minor),
  ],
  AddSignatures: [fields(string, strings), () => number],
  NarFromPath: [string, () => nothing],
  AddToStoreNar: [fields(pathInfo, number, number, frames), () => nothing],
  QueryMissing: [strings, () => fields(strings, strings, strings, number, number)],
  AddMultipleToStore: [fields(number, number, frames), () => nothing],
  AddBuildLog: [fields(string, frames), () => number],
  BuildPathsWithResults: [fields(strings, number), (minor) => list(fields(string, buildResult(minor)))],
}; // prettier-ignore

function buildResult(minor: number): AnyCodec {
  const time = choice({ 0: nothing, 1: number });
  const cpu = minor >= 37 ? [time, time] : [];
  return fields(number, string, number, number, number, number, ...cpu, list(fields(string, string)));
}

const messageFields = list(choice({ 0: number, 1: string }));
const message = choice({
  [Stderr.Next]: string,
  [Stderr.StartActivity]: fields(number, number, number, string, messageFields, number),
  [Stderr.StopActivity]: number,
  [Stderr.Result]: fields(number, number, messageFields),
  [Stderr.Last]: nothing,
  [Stderr.Error]: fields(string, number, string, string, number, list(fields(number, string))),
});

const operationNames = new Map<number, string>(Object.entries(Operation).map(([name, each]) => [each, name]));

/** One request, what was said while it was worked on, and the reply, unless it failed. */
export interface Exchange {
  readonly operation: string;
  readonly request: unknown;
  readonly messages: readonly (readonly [type: bigint, value: unknown])[];
  readonly reply?: unknown;
}

export interface Conversation {
  readonly minor: number;
  readonly exchanges: readonly Exchange[];
  /** What both said, written again by us. */
  readonly up: Buffer;
  readonly down: Buffer;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}

/** Reads both sides of a connection, writing each thing again as it goes. */
export async function readConversation(sides: { readonly up: Buffer; readonly down: Buffer }): Promise<Conversation> {
  const [client, daemon] = [createSide(sides.up), createSide(sides.down)];
  await client.take(number); // Magic.
  await daemon.take(number);
  const versions = [await client.take(number), await daemon.take(number)] as bigint[];
  const minor = Math.min(...versions.map((version) => Number(version & 0xffn)));
  if (minor >= 38) for (const side of [client, daemon]) await side.take(strings);
  await client.take(choice({ 0: nothing, 1: number }));
  await client.take(number);
  if (minor >= 33) await daemon.take(string);
  if (minor >= 35) await daemon.take(number);
  await takeMessages();
  const exchanges: Exchange[] = [];
  while (!(await client.reader.atEnd())) {
    const operation = operationNames.get(Number(await client.take(number))) ?? "unknown";
    const codecs = operations[operation];
    if (codecs === undefined) throw new Error(`there is no table for operation ${operation}`);
    const [request, reply] = codecs;
    const exchange = { operation, request: await client.take(request), messages: await takeMessages() };
    const isFailed = exchange.messages.at(-1)![0] === BigInt(Stderr.Error);
    exchanges.push(isFailed ? exchange : { ...exchange, reply: await daemon.take(reply(minor)) });
    if (operation === "NarFromPath" && !isFailed) await daemon.takeNar();
  }
  if (!(await daemon.reader.atEnd())) throw new Error("the daemon said more than there are requests");
  return { minor, exchanges, up: client.written(), down: daemon.written() };

  async function takeMessages(): Promise<(readonly [bigint, unknown])[]> {
    const messages: (readonly [bigint, unknown])[] = [];
    for (;;) {
      const next = (await daemon.take(message)) as readonly [bigint, unknown];
      messages.push(next);
      if ([BigInt(Stderr.Last), BigInt(Stderr.Error)].includes(next[0])) return messages;
    }
  }
}

function createSide(bytes: Buffer): {
  readonly reader: WireReader;
  take(codec: AnyCodec): Promise<unknown>;
  takeNar(): Promise<void>;
  written(): Buffer;
} {
  const reader = new WireReader(once(bytes));
  const sink = createSink();
  const take = async (codec: AnyCodec): Promise<unknown> => {
    const value = await codec.read(reader);
    codec.write(sink, value);
    return value;
  };
  return {
    reader,
    take,
    /** An archive is strings, up to the bracket that closes the first one. */
    async takeNar() {
      await take(string);
      let depth = 0;
      do {
        const word = await take(string);
        if (word === "(") depth++;
        if (word === ")") depth--;
        if (word === "contents" || word === "target") await take(string);
      } while (depth > 0);
    },
    written: () => sink.take(),
  };
}
