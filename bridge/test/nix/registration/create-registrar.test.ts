import { generateKeyPairSync, verify } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BuildFailure, type PreparedBuild, type ReadyDerivation } from "#src/coordinator/build.js";
import { createTranslator, localProfile } from "#src/coordinator/translate/index.js";
import {
  encodeOutputNotes,
  fingerprintOf,
  printStorePath,
  type ActionResult,
  type OutputNote,
  type StorePath,
} from "#src/formats/index.js";
import { createRegistrar, createSigner } from "#src/nix/registration/index.js";
import { createMemoryStore, type PathInfo, type Store } from "#src/store/index.js";
import { resultOf, storeTree, type TreeLiteral } from "../../support/make-result.js";
import {
  pathNamed,
  recordedError,
  recordedErrorNames,
  recordedInfos,
  recordedOutput,
  registerPath,
  STORE_DIR,
} from "./recorded-outputs.js";

const NOW_MS = 1_800_000_000_500;
const dep = pathNamed("dep");
const user = pathNamed("user");
const other = pathNamed("other");
const full = (path: StorePath): string => printStorePath(STORE_DIR, path);
const dir = (entries: Readonly<Record<string, TreeLiteral>>): TreeLiteral => new Map(Object.entries(entries));

let store: Store;

beforeEach(async () => {
  store = createMemoryStore();
  await registerPath(store, dep, await storeTree(store, "dep\n"));
  await registerPath(store, user, await storeTree(store, `${full(dep)}\n`));
  await registerPath(store, other, await storeTree(store, "\n"));
});

afterEach(async () => {
  await store[Symbol.asyncDispose]();
});

async function prepare(ready: ReadyDerivation): Promise<PreparedBuild> {
  const prepared = await createTranslator({ store, profile: localProfile }).prepare(ready, {});
  if (prepared.kind !== "action") throw new Error("no Action");
  return prepared;
}

type Make = (out: (name: string) => string) => Readonly<Record<string, TreeLiteral>>;

/** What a builder would leave that makes these outputs; the paths it is told are scratch paths. */
async function build(
  prepared: PreparedBuild,
  make: Make,
  options?: Parameters<typeof resultOf>[2],
): Promise<ActionResult> {
  const outputs: Record<string, Awaited<ReturnType<typeof storeTree>>> = {};
  const trees = make((name) => full(prepared.scratchPaths.get(name)!));
  for (const [name, tree] of Object.entries(trees))
    outputs[prepared.scratchPaths.get(name)!] = await storeTree(store, tree);
  return resultOf(store, outputs, options);
}

function registrar(): ReturnType<typeof createRegistrar> {
  return createRegistrar({ store, clock: { nowMs: () => NOW_MS } });
}

async function infoAt(path: StorePath): Promise<Omit<PathInfo, "node">> {
  const info = await store.pathInfos.get(path);
  if (info === undefined) throw new Error(`'${path}' is not valid`);
  return Object.fromEntries(Object.entries(info).filter(([key]) => key !== "node")) as unknown as PathInfo;
}

/** The builders of `fixtures/outputs.nix`. */
const builders: Readonly<Record<string, Make>> = {
  empty: () => ({ out: dir({}) }),
  link: () => ({ out: { link: full(dep) } }),
  program: () => ({ out: { executable: "x\n" } }),
  tree: () => ({
    out: dir({
      a: dir({ b: dir({}), [`x${dep.slice(0, 32)}y`]: "1\n" }),
      c: dir({ l: { link: full(user) }, run: { executable: "run\n" } }),
    }),
  }),
  multi: (out) => ({ out: `${out("dev")}\n`, dev: `${out("lib")}\n`, lib: `${out("lib")}\n` }),
  discard: () => ({ out: `${full(dep)}\n` }),
  flatSha1: () => ({ out: "x" }),
  flatMd5: () => ({ out: "x" }),
  flatSha512: () => ({ out: "x" }),
  nar: () => ({ out: dir({ f: "x" }) }),
  caSelf: (out) => ({
    out: dir({ f: `me=${out("out")} dev=${out("dev")}\n`, l: { link: out("out") } }),
    dev: `${out("dev")}\n`,
  }),
  caFlat: () => ({ out: "flat\n" }),
  caPlain: () => ({ out: `${full(dep)}\n` }),
  caSha512: () => ({ out: "plain\n" }),
  allowed: (out) => ({ out: `${full(dep)} ${out("out")}\n` }),
};

describe("what Nix registered for the same outputs is what we register", () => {
  it.each(Object.keys(builders))("%s", async (name) => {
    const prepared = await prepare(recordedOutput(name));
    const paths = await registrar().register(prepared, await build(prepared, builders[name]!), { mode: "normal" });
    expect([...paths.keys()]).toEqual([...prepared.derivation.outputs.keys()]);
    for (const path of paths.values()) {
      // Nix 2.14 and later know this attribute, 2.8 does not: there the reference is kept.
      const recorded = { ...recordedInfos.get(path)!, ...(name === "discard" && { references: [] }) };
      const { registrationTime, signatures, ...info } = await infoAt(path);
      expect({ ...info, deriver: name === "caPlain" ? undefined : info.deriver }).toEqual({
        ...recorded,
        deriver: name === "caPlain" ? undefined : recorded.deriver,
      });
      expect(registrationTime).toBe(1_800_000_000);
      expect(signatures).toEqual([]);
    }
  });

  it("from trees of SHA-256 too", async () => {
    const prepared = await prepare(recordedOutput("tree"));
    const result = await build(prepared, builders["tree"]!, { fn: "sha256", asTree: true });
    const paths = await registrar().register(prepared, result, { mode: "normal" });
    expect((await infoAt(paths.get("out")!)).narHash).toBe(recordedInfos.get(pathNamed("tree"))!.narHash);
  });

  it("from nodes that a builtin made", async () => {
    const prepared = await prepare(recordedOutput("program"));
    const made = new Map([["out", await storeTree(store, { executable: "x\n" })]]);
    const paths = await registrar().register(prepared, made, { mode: "normal" });
    expect((await infoAt(paths.get("out")!)).narHash).toBe(recordedInfos.get(pathNamed("program"))!.narHash);
  });

  it("and of a floating output we remember where it went, also for the derivation before it was resolved", async () => {
    const ready = recordedOutput("caPlain");
    const prepared = await prepare(ready);
    await registrar().register(prepared, await build(prepared, builders["caPlain"]!), { mode: "normal" });
    for (const drvPath of [ready.drvPath, prepared.resolvedDrvPath])
      expect(await store.pathInfos.getRealisation(drvPath, "out")).toBe(pathNamed("ca-plain"));
  });

  it("and the rewritten tree holds the final paths", async () => {
    const prepared = await prepare(recordedOutput("caSelf"));
    const paths = await registrar().register(prepared, await build(prepared, builders["caSelf"]!), { mode: "normal" });
    const info = await store.pathInfos.get(paths.get("out")!);
    if (info?.node.type !== "directory") throw new Error("no directory");
    const directory = await store.directories.get(info.node.digest);
    expect(directory?.entries[1]?.node).toEqual({ type: "symlink", target: full(pathNamed("ca-self")) });
  });
});

/** The builders of what is refused. */
const refused: Readonly<Record<string, Make>> = {
  missing: () => ({}),
  cycle: (out) => ({ out: `${out("dev")}\n`, dev: `${out("out")}\n` }),
  mismatch: () => ({ out: "x" }),
  mismatchNar: () => ({ out: dir({}) }),
  notFlat: () => ({ out: dir({}) }),
  flatProgram: () => ({ out: { executable: "x" } }),
  allowedReferences: () => ({ out: `${full(dep)}\n` }),
  allowedSelf: (out) => ({ out: `${out("out")}\n` }),
  allowedRequisites: () => ({ out: `${full(user)}\n` }),
  disallowedReferences: () => ({ out: `${full(dep)}\n` }),
  disallowedRequisites: () => ({ out: `${full(user)}\n` }),
  specifier: () => ({ out: "\n" }),
  maxSize: () => ({ out: "1234567890\n" }),
  maxClosureSize: () => ({ out: `${full(dep)}\n` }),
  structuredSelf: (out) => ({ out: `${out("out")}\n` }),
};

/** What only the worker can see. */
const noted: Readonly<Record<string, OutputNote>> = { writable: { suspicious: true }, fifo: { unsupported: "f" } };

function withNote(result: ActionResult, path: StorePath, note: OutputNote): ActionResult {
  return { ...result, metadata: { auxiliary: [encodeOutputNotes(new Map([[`../nix/store/${path}`, note]]))] } };
}

it("an output that is not what its builder made, as somebody saw who was there, is not registered", async () => {
  const { ready } = recordedError("missing");
  const prepared = await prepare(ready);
  const path = prepared.scratchPaths.get("out")!;
  const made = await build(prepared, () => ({ out: "hello\n" }));
  const other = withNote(made, path, { narHash: "0".repeat(64), carrier: "cluster grpc://there:1" });
  await expect(registrar().register(prepared, other, { mode: "normal" })).rejects.toThrow(
    /was changed on its way: .* from cluster grpc:\/\/there:1 has/,
  );
  expect(await store.pathInfos.get(path)).toBeUndefined();
  const narHash = (/has ([0-9a-f]{64});/.exec(
    await registrar()
      .register(prepared, other, { mode: "normal" })
      .then(String, (reason: unknown) => (reason as Error).message),
  ) ?? [])[1]!;
  await registrar().register(prepared, withNote(made, path, { narHash }), { mode: "normal" });
  expect((await store.pathInfos.get(path))?.narHash).toBe(narHash);
});

describe("what Nix refused is refused with its words", () => {
  it("all of it", () => {
    expect([...Object.keys(refused), ...Object.keys(noted)].sort()).toEqual([...recordedErrorNames].sort());
  });

  it.each(recordedErrorNames)("%s", async (name) => {
    const { ready, exitCode, message } = recordedError(name);
    const prepared = await prepare(ready);
    let result = await build(prepared, refused[name] ?? (() => ({ out: dir({}) })));
    if (noted[name] !== undefined) result = withNote(result, prepared.scratchPaths.get("out")!, noted[name]);
    const failure = await registrar()
      .register(prepared, result, { mode: "normal" })
      .then(
        () => undefined,
        (reason: unknown) => reason,
      );
    expect(failure).toBeInstanceOf(BuildFailure);
    expect(failure).toMatchObject({ message, status: exitCode === 102 ? 15 : 5, showLog: false });
    for (const path of prepared.scratchPaths.values()) expect(await store.pathInfos.get(path)).toBeUndefined();
  });

  it.each(["mismatch", "mismatch-nar"])("%s is registered nevertheless, at the path of what it is", async (name) => {
    const key = name === "mismatch" ? name : "mismatchNar";
    const { ready } = recordedError(key);
    const prepared = await prepare(ready);
    const result = await build(prepared, refused[key]!);
    await expect(registrar().register(prepared, result, { mode: "normal" })).rejects.toThrow("hash mismatch");
    expect(await infoAt(pathNamed(name))).toMatchObject(recordedInfos.get(pathNamed(name))!);
  });

  it("references of a fixed output, as Nix does since it no longer aborts on them", async () => {
    const prepared = await prepare(recordedOutput("nar"));
    const result = await build(prepared, (out) => ({ out: dir({ f: out("out") }) }));
    await expect(registrar().register(prepared, result, { mode: "normal" })).rejects.toMatchObject({
      message:
        `fixed-output derivations must not reference store paths: '${full(prepared.drvPath)}' references 1 distinct paths, ` +
        `e.g. '${full(pathNamed("nar"))}'`,
    });
  });
});

describe("a registration", () => {
  it("leaves alone what is valid, whatever was built", async () => {
    const prepared = await prepare(recordedOutput("multi"));
    const make = builders["multi"]!;
    await registrar().register(prepared, await build(prepared, make), { mode: "normal" });
    const before = await infoAt(prepared.scratchPaths.get("lib")!);
    const result = await build(prepared, (out) => ({ ...make(out), lib: "other\n" }));
    await registrar().register(prepared, result, { mode: "normal" });
    expect(await infoAt(prepared.scratchPaths.get("lib")!)).toEqual(before);
  });

  it("signs what can be verified", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const seed = privateKey.export({ format: "der", type: "pkcs8" }).subarray(-32);
    const point = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
    const signer = createSigner([`key-1:${Buffer.concat([seed, point]).toString("base64")}`], STORE_DIR);
    const prepared = await prepare(recordedOutput("tree"));
    const signing = createRegistrar({ store, signer });
    const paths = await signing.register(prepared, await build(prepared, builders["tree"]!), { mode: "normal" });
    const info = await infoAt(paths.get("out")!);
    const [name, signature] = info.signatures[0]!.split(":");
    expect(name).toBe("key-1");
    const text = Buffer.from(fingerprintOf(STORE_DIR, info));
    expect(verify(null, text, publicKey, Buffer.from(signature!, "base64"))).toBe(true);
  });

  it("asks for the blobs that a result names and nobody has", async () => {
    const prepared = await prepare(recordedOutput("program"));
    const result: ActionResult = {
      outputFiles: [
        {
          path: `../nix/store/${prepared.scratchPaths.get("out")!}` as never,
          digest: { fn: "blake3", hash: "a".repeat(64), sizeBytes: 3 },
          isExecutable: true,
        },
      ],
      outputDirectories: [],
      outputSymlinks: [],
      exitCode: 0,
    };
    await expect(registrar().register(prepared, result, { mode: "normal" })).rejects.toMatchObject({
      name: "StatusError",
      details: [{ kind: "missing-blobs", subjects: [`blobs/blake3/${"a".repeat(64)}/3`] }],
    });
  });
});

describe("a check", () => {
  it("passes what is the same, and registers nothing", async () => {
    const prepared = await prepare(recordedOutput("tree"));
    const result = await build(prepared, builders["tree"]!);
    const paths = await registrar().register(prepared, result, { mode: "normal" });
    const before = await infoAt(paths.get("out")!);
    const later = createRegistrar({ store, clock: { nowMs: () => NOW_MS + 60_000 } });
    expect(await later.register(prepared, result, { mode: "check" })).toEqual(paths);
    expect(await infoAt(paths.get("out")!)).toEqual(before);
  });

  it("refuses what differs", async () => {
    const prepared = await prepare(recordedOutput("program"));
    await registrar().register(prepared, await build(prepared, builders["program"]!), { mode: "normal" });
    const result = await build(prepared, () => ({ out: { executable: "y\n" } }));
    await expect(registrar().register(prepared, result, { mode: "check" })).rejects.toMatchObject({
      status: 12,
      message:
        `derivation '${full(prepared.drvPath)}' may not be deterministic: ` +
        `output '${full(prepared.scratchPaths.get("out")!)}' differs`,
    });
  });

  it("needs something to compare with", async () => {
    const prepared = await prepare(recordedOutput("program"));
    const result = await build(prepared, builders["program"]!);
    await expect(registrar().register(prepared, result, { mode: "check" })).rejects.toMatchObject({
      message: `some outputs of '${full(prepared.drvPath)}' are not valid, so checking is not possible`,
    });
  });
});
