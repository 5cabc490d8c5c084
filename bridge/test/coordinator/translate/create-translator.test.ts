import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PreparedBuild, ReadyDerivation } from "#src/coordinator/build.js";
import {
  createTranslator,
  helperCallOf,
  localProfile,
  type TranslatorOptions,
} from "#src/coordinator/translate/index.js";
import type { ByteString } from "#src/formats/index.js";
import { createMemoryStore, type Store } from "#src/store/index.js";
import { readAction, type ReadAction } from "./read-action.js";
import { recorded, recordedText, registerRecorded, STORE_DIR } from "./recorded.js";

let store: Store;

beforeEach(async () => {
  store = createMemoryStore();
  await registerRecorded(store);
});

afterEach(async () => {
  await store[Symbol.asyncDispose]();
});

async function addBytes(text: string) {
  const [info] = await store.blobs.writeMany([{ bytes: Buffer.from(text) }]);
  return { node: { type: "file" as const, digest: info!.blake3, size: info!.sizeBytes } };
}

async function prepare(ready: ReadyDerivation, options: Partial<TranslatorOptions> = {}): Promise<PreparedBuild> {
  const translator = createTranslator({
    store,
    profile: localProfile,
    settings: { cores: 1, impureEnv: new Map([["FROM_HOST", "from the host"]]) },
    ...options,
  });
  const prepared = await translator.prepare(ready, {});
  if (prepared.kind !== "action") throw new Error("no Action");
  return prepared;
}

async function translate(ready: ReadyDerivation, options: Partial<TranslatorOptions> = {}): Promise<ReadAction> {
  return readAction(store, (await prepare(ready, options)).actionDigest);
}

function inBuildDirectory(root: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map(
    [...root].filter(([path]) => path.startsWith("build/")).map(([path, text]) => [path.slice("build/".length), text]),
  );
}

/** Nix 2.4 to 2.14 name the place outside the sandbox. */
const ATTRS_VARIABLES = /^NIX_ATTRS_(SH|JSON)_FILE$/;

describe("what Nix 2.8 gave to a builder is what ours gets", () => {
  const names = [
    "plain",
    "overrides",
    "multi",
    "files",
    "graph",
    "graphDrv",
    "structured",
    "floating",
    "resolved",
    "deferred",
  ];
  it.each(names)("%s", async (name) => {
    const { ready, variables, args, files } = recorded(name);
    const { command, root } = await translate(ready);
    const attrsFile = (variable: string): string =>
      variable === "NIX_ATTRS_SH_FILE" ? "/build/.attrs.sh" : "/build/.attrs.json";
    const expected = variables.map(([variable, value]) => [
      variable,
      name === "structured" && ATTRS_VARIABLES.test(variable) ? attrsFile(variable) : value,
    ]);
    expect([...command.environment]).toEqual(expected);
    // Nix rewrote the recorded file when it registered it, as everything in a content-addressed output.
    if (name === "floating") expect([...inBuildDirectory(root).values()]).toEqual([new Map(variables).get("dev")]);
    else expect(inBuildDirectory(root)).toEqual(files);
    expect(command.arguments[0]).toBe("/bin/sh");
    if (name !== "floating") expect(command.arguments.slice(1)).toEqual(args.slice(1));
    else expect(command.arguments.at(-1)).toBe(new Map(variables).get("out"));
  });

  it("flat: with variables of the host, which win over the derivation's, and the mark of a fixed output", async () => {
    const { command } = await translate(recorded("flat").ready);
    const text = [...command.environment].map(([name, value]) => `${name}=${value}\0`).join("");
    expect(text).toBe(recordedText("flat", "environ"));
  });

  it("etc", async () => {
    const { root } = await translate(recorded("etc").ready);
    for (const file of ["group", "hosts", "passwd"]) expect(root.get(`etc/${file}`)).toBe(recordedText("etc", file));
    expect([...root.keys()].filter((path) => path.startsWith("etc/"))).toEqual([
      "etc/group",
      "etc/hosts",
      "etc/passwd",
    ]);
  });
});

describe("an input root", () => {
  it("has the closure of the inputs, empty places for the rest, and no shell unless one is configured", async () => {
    const { root } = await translate(recorded("files").ready);
    const paths = [...root.keys()].filter((path) => !path.startsWith("build/") && !path.startsWith("etc/"));
    const inputs = ["d9nb5qlw9zv1vh4jq7zgr27dqymiiy8d-dep2", "z4asv3j07d89ywjf8fxkn7sg6mf5s9q5-dep"];
    expect(paths.sort()).toEqual(
      ["build", "dev", "etc", "nix", "nix/store", "proc", "tmp", ...inputs.map((path) => `nix/store/${path}`)].sort(),
    );
    expect(root.get(`nix/store/${inputs[0]!}`)).toBe(`-> contents of ${inputs[0]!}`);
  });

  it("has the configured shell, under either digest function", async () => {
    const [info] = await store.blobs.writeMany([{ bytes: Buffer.from("a shell") }]);
    const sandboxShell = { type: "file", digest: info!.blake3, size: 7, executable: true } as const;
    for (const digestFunction of ["blake3", "sha256"] as const) {
      const { action, root } = await translate(recorded("plain").ready, {
        profile: { ...localProfile, digestFunction },
        settings: { sandboxShell },
      });
      expect(action.commandDigest.fn).toBe(digestFunction);
      expect(root.get("bin/sh")).toBe("a shell");
    }
  });

  it("has resolv.conf and its like for a fixed output only, and no hosts of our own", async () => {
    const network = { resolvConf: Buffer.from("nameserver ::1\n") };
    const { root } = await translate(recorded("flat").ready, { settings: { network } });
    expect(root.get("etc/resolv.conf")).toBe("nameserver ::1\n");
    expect(root.get("etc/nsswitch.conf")).toBe("hosts: files dns\nservices: files\n");
    expect(root.has("etc/hosts")).toBe(false);
    expect((await translate(recorded("plain").ready, { settings: { network } })).root.has("etc/resolv.conf")).toBe(
      false,
    );
  });
});

describe("a Command", () => {
  it("names the outputs from the working directory, and asks for trees and directories", async () => {
    const { command } = await translate(recorded("multi").ready);
    expect(command.workingDirectory).toBe("build");
    expect(command.outputPaths).toHaveLength(3);
    for (const path of command.outputPaths) expect(path).toMatch(/^\.\.\/nix\/store\/[0-9a-z]{32}-multi/);
    expect(command.outputDirectoryFormat).toBe("tree-and-directory");
  });

  it("says what the builder needs of the machine", async () => {
    const { action } = await translate(recorded("plain").ready);
    expect(action.platform?.map(({ name, value }) => `${name}=${value}`)).toEqual([
      "ISA=x86-64",
      "OSFamily=linux",
      "argv0=basename",
      "inputs=read-only",
      "network=off",
      "root=input",
      "stderr=stdout",
      "terminal=on",
      "unixGID=100",
      "unixUID=1000",
    ]);
    const networked = await translate(recorded("flat").ready);
    expect(networked.action.platform).toContainEqual({ name: "network", value: "on" });
  });

  it.each([
    ["rooted", "/.causeway/run", ".causeway/run", "build", /^\.\.\/nix\/store\//, "../.causeway/out"],
    ["wrapped", "./causeway-run", "causeway-run", "", /^root\/nix\/store\//, "out"],
  ] as const)("puts the helper before the builder, %s", async (how, program, place, cwd, output, report) => {
    const { node } = await addBytes("the helper");
    const profile = { ...localProfile, helper: { how, form: "trees" } as const };
    const { ready } = recorded("plain");
    const { command, root } = await translate(ready, { profile, settings: { helper: { ...node, executable: true } } });
    const call = helperCallOf(command);
    expect(command.arguments.slice(0, 4)).toEqual([program, "2", how, "trees"]);
    expect(command.arguments.slice(8 + call!.outputs.length)[0]).toBe("/bin/sh");
    expect(command.workingDirectory ?? "").toBe(cwd);
    expect(command.outputPaths.filter((path) => output.test(path))).toHaveLength(1);
    expect(call).toEqual({ outputs: [expect.stringMatching(/^\/nix\/store\//)], reportPath: report });
    expect(root.has(place)).toBe(true);
  });

  it("gives the helper words that are not UTF-8 in a file", async () => {
    const { node } = await addBytes("the helper");
    const profile = { ...localProfile, requiresUtf8: true, helper: { how: "wrapped", form: "trees" } as const };
    const ready = withEnv(recorded("plain").ready, { latin1: "\xe9" });
    const settings = { helper: { ...node, executable: true } };
    const { command, root } = await translate(ready, { profile, settings });
    expect([command.arguments.slice(9), command.environment.size]).toEqual([[], 0]);
    expect(root.has("words")).toBe(true);
    const plain = await translate(recorded("plain").ready, { profile, settings });
    expect(plain.root.has("words")).toBe(false);
  });

  it("is refused without the helper where the service needs it", async () => {
    const profile = { ...localProfile, helper: { how: "rooted", form: "trees" } as const };
    await expect(translate(recorded("plain").ready, { profile })).rejects.toMatchObject({ name: "BuildFailure" });
  });

  it("has the builder's base name for argv[0] where the service can set that", async () => {
    const { action } = await translate(recorded("plain").ready, {
      profile: { ...localProfile, argv0Property: "argv0" },
    });
    expect(action.platform).toContainEqual({ name: "argv0", value: recorded("plain").args[0] });
  });

  it("is refused where it is not UTF-8 and the service is not ours", async () => {
    const ready = withEnv(recorded("plain").ready, { latin1: "\xe9" });
    expect((await translate(ready)).command.environment.get("latin1" as ByteString)).toBe("\xe9");
    await expect(translate(ready, { profile: { ...localProfile, requiresUtf8: true } })).rejects.toMatchObject({
      name: "BuildFailure",
      status: 4,
      message: expect.stringContaining("is not UTF-8") as unknown,
    });
  });

  it("kvm is asked for where it is required and there", async () => {
    const ready = withEnv(recorded("plain").ready, { requiredSystemFeatures: "kvm big-parallel" });
    const { action } = await translate(ready, { settings: { features: new Set(["kvm", "big-parallel"]) } });
    expect(action.platform).toContainEqual({ name: "kvm", value: "on" });
  });
});

describe("an Action", () => {
  it("is the same for the same derivation, and another for another timeout", async () => {
    const { ready } = recorded("files");
    const translator = createTranslator({ store, profile: localProfile });
    const [first, second] = [await translator.prepare(ready, {}), await translator.prepare(ready, {})];
    const limited = await translator.prepare(ready, { timeoutMs: 1500 });
    expect(first).toEqual(second);
    expect(limited).not.toEqual(first);
    expect((await readAction(store, (limited as PreparedBuild).actionDigest)).action.timeoutMs).toBe(1500);
  });

  it("of a resolved derivation has the path that Nix gives to the resolved one", async () => {
    const { ready } = recorded("resolved");
    const prepared = await prepare(ready);
    expect(prepared.drvPath).toBe(ready.drvPath);
    expect(prepared.resolvedDrvPath).not.toBe(ready.drvPath);
    expect(prepared.derivation.inputDrvs.size).toBe(0);
    expect(prepared.inputClosure).toHaveLength(2);
  });
});

function withEnv(ready: ReadyDerivation, env: Readonly<Record<string, string>>): ReadyDerivation {
  const { derivation } = ready;
  const all = new Map(derivation.env);
  for (const [name, value] of Object.entries(env)) all.set(name as ByteString, value as ByteString);
  return { ...ready, derivation: { ...derivation, env: all } };
}

describe("what cannot be built is refused with Nix's words", () => {
  const { ready } = recorded("plain");
  const drv = `${STORE_DIR}/${ready.drvPath}`;

  it("another system", async () => {
    const other = { ...ready, derivation: { ...ready.derivation, platform: "riscv64-linux" as ByteString } };
    await expect(prepare(other)).rejects.toMatchObject({
      name: "BuildFailure",
      status: 4,
      message:
        `a 'riscv64-linux' with features {} is required to build '${drv}', ` +
        "but I am a 'x86_64-linux' with features {benchmark, big-parallel, nixos-test}",
    });
  });

  it("a feature that is not there", async () => {
    await expect(prepare(withEnv(ready, { requiredSystemFeatures: "uid-range kvm" }))).rejects.toMatchObject({
      message:
        `a 'x86_64-linux' with features {kvm, uid-range} is required to build '${drv}', ` +
        "but I am a 'x86_64-linux' with features {benchmark, big-parallel, nixos-test}",
    });
  });

  it("no sandbox", async () => {
    await expect(prepare(withEnv(ready, { __noChroot: "1" }))).rejects.toMatchObject({
      message: `derivation '${drv}' has '__noChroot' set, but that's not allowed when 'sandbox' is 'true'`,
    });
  });

  it("a builtin that does not exist", async () => {
    const builtin = { ...ready, derivation: { ...ready.derivation, builder: "builtin:write" as ByteString } };
    await expect(prepare(builtin)).rejects.toMatchObject({ message: "unsupported builtin builder 'write'" });
  });

  it("references of a path that is no input", async () => {
    const path = `${STORE_DIR}/z4asv3j07d89ywjf8fxkn7sg6mf5s9q5-dep`;
    await expect(prepare(withEnv(ready, { exportReferencesGraph: `g ${path}` }))).rejects.toMatchObject({
      message: `cannot export references of path '${path}' because it is not in the input closure of the derivation`,
    });
  });

  it.each([
    ["g", "odd number of tokens in 'exportReferencesGraph': 'g'"],
    ["../g /nix/store/x", "invalid file name '../g' in 'exportReferencesGraph'"],
    ["g /etc/passwd", "'exportReferencesGraph' contains a non-store path '/etc/passwd'"],
  ])("exportReferencesGraph = %j", async (value, message) => {
    await expect(prepare(withEnv(ready, { exportReferencesGraph: value }))).rejects.toMatchObject({ message });
  });

  it("attributes that are no JSON", async () => {
    await expect(prepare(withEnv(ready, { __json: "{" }))).rejects.toMatchObject({
      status: 4,
      message: expect.stringContaining(`cannot process __json attribute of '${ready.drvPath}'`) as unknown,
    });
  });
});
