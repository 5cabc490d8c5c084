import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createCoordinator,
  createTranslator,
  localProfile,
  systemWaitingClock,
  type BuildReport,
} from "#src/coordinator/index.js";
import type { Execution } from "#src/execution/index.js";
import { drvNameOf, nameOf, printStorePath, type ByteString, type StorePath } from "#src/formats/index.js";
import { createRegistrar } from "#src/nix/registration/index.js";
import { Code, StatusError } from "#src/status/index.js";
import { createMemoryStore, type Store } from "#src/store/index.js";
import { readAction } from "../../coordinator/translate/read-action.js";
import { resultOf, storeTree, type TreeLiteral } from "../../support/make-result.js";
import {
  derivationAt,
  pathNamed,
  recordedInfos,
  recordedError,
  recordedOutput,
  STORE_DIR,
} from "./recorded-outputs.js";

const full = (name: string): string => printStorePath(STORE_DIR, pathNamed(name));

/** What the builders of `fixtures/outputs.nix` write, by the name of the derivation. */
const scripts: Readonly<Record<string, (out: string) => TreeLiteral>> = {
  dep: () => "dep\n",
  link: () => ({ link: full("dep") }),
  allowed: (out) => `${full("dep")} ${out}\n`,
  "ca-plain": () => `${full("dep")}\n`,
  mismatch: () => "x",
};

let store: Store;
let executed: string[];

beforeEach(() => {
  store = createMemoryStore();
  executed = [];
});

afterEach(async () => {
  await store[Symbol.asyncDispose]();
});

/** Reads the Action as a worker would, and does what the builder would do. */
const execution: Execution = {
  async *execute({ actionDigest }) {
    const { command, root } = await readAction(store, actionDigest);
    const name = command.environment.get("name" as ByteString)!;
    const out = command.environment.get("out" as ByteString)!;
    const script = scripts[name];
    if (script === undefined) throw new StatusError(Code.Internal, `no script for ${name}`);
    const dep = command.environment.get("dep" as ByteString);
    if (dep !== undefined) expect(root.has(dep.slice(1))).toBe(true);
    executed.push(name);
    const result = await resultOf(store, { [out.slice(STORE_DIR.length + 1)]: await storeTree(store, script(out)) });
    yield { type: "done", response: { result, cachedResult: false } };
  },
};

async function build(drvPath: StorePath): Promise<BuildReport> {
  await using coordinator = createCoordinator({
    source: {
      load: async (path) => derivationAt(path),
      ensureValid: async () => undefined,
    },
    translator: createTranslator({ store, profile: localProfile }),
    registrar: createRegistrar({ store }),
    execution,
    pathInfos: store.pathInfos,
    blobs: store.blobs,
    notes: store.notes,
    clock: systemWaitingClock,
    storeDir: STORE_DIR,
    random: () => 0,
  });
  return await coordinator.build([{ drvPath, outputs: "all" }], {});
}

describe("coordinator, translator and registrar together", () => {
  it.each([
    ["allowed", ["dep", "allowed"]],
    ["link", ["dep", "link"]],
    ["caPlain", ["dep", "ca-plain"]],
  ])("build %s and what it needs to what Nix built", async (name, names) => {
    const { results } = await build(recordedOutput(name).drvPath);
    expect(results[0]).toMatchObject({ status: 0 });
    expect(executed).toEqual(names);
    for (const path of results[0]!.outputs.values()) {
      expect(nameOf(path)).toBe(drvNameOf(recordedOutput(name).drvPath));
      const { narHash, references } = (await store.pathInfos.get(path))!;
      expect({ narHash, references }).toMatchObject({
        narHash: recordedInfos.get(path)!.narHash,
        references: recordedInfos.get(path)!.references,
      });
    }
    const again = await build(recordedOutput(name).drvPath);
    expect(again.results[0]!.outputs).toEqual(results[0]!.outputs);
    expect(executed).toEqual(names);
  });

  it("report a wrong hash with its own status", async () => {
    const { ready, message } = recordedError("mismatch");
    const { results } = await build(ready.drvPath);
    expect(results[0]).toMatchObject({ status: 15, errorText: message });
  });
});
