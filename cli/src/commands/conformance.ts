import { createHash, randomBytes } from "node:crypto";
import {
  allCases,
  connectSubject,
  runSuite,
  type CaseResult,
  type ConformanceCase,
} from "@causeway/bridge/conformance";
import type { DigestFunction } from "@causeway/bridge/digest";
import { Code, StatusError } from "@causeway/bridge/status";
import { channelOptions, pairsOf, type ServerOptions } from "../compose/channel-options.js";
import { writeOut } from "../output.js";
import { conformanceLine, conformanceSummary } from "../view/conformance-text.js";

/** The options of `causeway conformance`. */
export interface ConformanceOptions extends ServerOptions {
  readonly digest?: DigestFunction;
  readonly only?: readonly string[];
  readonly list?: boolean;
  readonly json?: boolean;
  readonly platform?: readonly string[];
  readonly seed?: string;
  readonly timeout: string;
}

/** The server could not be asked at all. */
const EXIT_NOT_ASKED = 2;

/** `causeway conformance`. @returns 0: no rule that servers must keep is broken; 1: one is; 2: the server could not be asked. */
export async function conformance(url: string | undefined, options: ConformanceOptions): Promise<number> {
  const seed = options.seed ?? randomBytes(8).toString("hex");
  try {
    const cases = chosenCases(options.only);
    if (options.list === true) {
      for (const { name, requirement, rule } of cases) await writeOut(`${name} (${requirement}): ${rule}\n`);
      return 0;
    }
    const timeoutMs = timeoutMsOf(options.timeout);
    if (url === undefined) throw new StatusError(Code.InvalidArgument, "name a server: grpc(s)://HOST:PORT[/INSTANCE]");
    await using subject = await connectSubject({
      url,
      random: seededBytes(seed),
      channel: channelOptions(options),
      platform: pairsOf("--platform", options.platform ?? []).map(([name, value]) => ({ name, value })),
      ...(options.digest === undefined ? {} : { fn: options.digest }),
    });
    const results: CaseResult[] = [];
    const isColoured = options.json !== true && process.stdout.isTTY && process.env["NO_COLOR"] === undefined;
    for await (const result of runSuite(cases, subject, {
      nowMs: () => performance.now(),
      timeoutMs,
    })) {
      if (options.json !== true) await writeOut(conformanceLine(result, results.at(-1), isColoured));
      results.push(result);
    }
    if (options.json === true)
      await writeOut(`${JSON.stringify({ url, digestFunction: subject.fn, seed, results }, undefined, 2)}\n`);
    else await writeOut(conformanceSummary(results, subject.fn, isColoured));
    return results.some(({ verdict }) => verdict === "fail") ? 1 : 0;
  } catch (reason) {
    process.stderr.write(`causeway: ${StatusError.from(reason).message}\n`);
    return EXIT_NOT_ASKED;
  }
}

function chosenCases(only: readonly string[] | undefined): readonly ConformanceCase[] {
  if (only === undefined) return allCases;
  const unknown = only.find((prefix) => !allCases.some(({ name }) => name.startsWith(prefix)));
  if (unknown !== undefined)
    throw new StatusError(Code.InvalidArgument, `no case is called '${unknown}'; --list prints their names`);
  return allCases.filter(({ name }) => only.some((prefix) => name.startsWith(prefix)));
}

function timeoutMsOf(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 86_400))
    throw new StatusError(Code.InvalidArgument, `--timeout '${text}' is not a number of seconds`);
  return seconds * 1000;
}

/** Bytes that are the same for the same seed: SHA-256 of the seed and a counter. */
function seededBytes(seed: string): (sizeBytes: number) => Buffer {
  let counter = 0;
  return (sizeBytes) => {
    const bytes = Buffer.alloc(sizeBytes);
    for (let at = 0; at < sizeBytes; at += 32)
      createHash("sha256").update(`${seed}/${counter++}`).digest().copy(bytes, at);
    return bytes;
  };
}
