import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readConversation, type Exchange } from "./recorded/conversation.js";
import { converse, openDaemon } from "./open-daemon.js";

/** One command of Nix, and what it and the daemon of Nix said to each other. See fixtures/recordings/README.md. */
interface Recording {
  readonly name: string;
  readonly command: string;
  readonly exit: number;
  readonly connections: readonly { readonly up: string; readonly down: string }[];
}

function recordingsOf(version: string): Recording[] {
  const file = new URL(`fixtures/recordings/${version}.json.gz`, import.meta.url);
  return JSON.parse(gunzipSync(readFileSync(file)).toString()) as Recording[];
}
const sidesOf = (recording: Recording): { readonly up: Buffer; readonly down: Buffer }[] =>
  recording.connections.map(({ up, down }) => ({ up: Buffer.from(up, "base64"), down: Buffer.from(down, "base64") }));

describe.each([
  ["nix-2.8", 34],
  ["nix-2.34", 38],
] as const)("what was recorded of %s", (version, minor) => {
  const recordings = recordingsOf(version);

  it.each(recordings.map((recording) => [recording.command, recording] as const))(
    "%s is read, and written to the same bytes",
    async (_, recording) => {
      expect(recording.connections.length).toBeGreaterThan(0);
      for (const sides of sidesOf(recording)) {
        const read = await readConversation(sides);
        expect(read.minor).toBe(minor);
        expect(read.up.equals(sides.up)).toBe(true);
        expect(read.down.equals(sides.down)).toBe(true);
      }
    },
  );

  it.each(recordings.map((recording) => [recording.command, recording] as const))(
    "%s is answered by our daemon in the same form, and what is added gets the same path",
    async (_, recording) => {
      for (const sides of sidesOf(recording)) {
        const recorded = await readConversation(sides);
        // A client of 1.34 has read our version, and says nothing of features.
        const { sent } = await converse(openDaemon(), [sides.up]);
        const answered = await readConversation({ up: sides.up, down: sent });
        expect(answered.exchanges.map(({ operation }) => operation)).toEqual(
          recorded.exchanges.map(({ operation }) => operation),
        );
        for (const [i, exchange] of answered.exchanges.entries())
          expect(addedOf(exchange)).toEqual(addedOf(recorded.exchanges[i]!));
      }
    },
  );
});

it("recordings have most operations", async () => {
  const operations = new Set<string>();
  for (const recording of ["nix-2.8", "nix-2.34"].flatMap(recordingsOf))
    for (const sides of sidesOf(recording))
      for (const { operation } of (await readConversation(sides)).exchanges) operations.add(operation);
  expect([...operations].sort()).toEqual([
    ...["AddBuildLog", "AddIndirectRoot", "AddMultipleToStore", "AddSignatures", "AddTempRoot", "AddToStore"],
    ...["AddToStoreNar", "BuildDerivation", "BuildPaths", "BuildPathsWithResults", "CollectGarbage", "EnsurePath"],
    ...["FindRoots", "IsValidPath", "NarFromPath", "OptimiseStore", "QueryAllValidPaths", "QueryDerivationOutputMap"],
    ...["QueryMissing", "QueryPathInfo", "QueryReferrers", "QueryValidPaths", "SetOptions", "VerifyStore"],
  ]);
});

/** What was added, without when; nothing if it needs what an empty store does not have. */
function addedOf({ operation, request, reply }: Exchange): unknown {
  if (operation !== "AddToStore" || reply === undefined) return undefined;
  const references = (request as readonly unknown[])[2] as readonly unknown[];
  if (references.length > 0) return undefined;
  return { ...(reply as object), registrationTime: 0 };
}
