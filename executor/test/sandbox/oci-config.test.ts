import { describe, expect, it } from "vitest";
import { byteStringFrom, byteStringOf } from "@causeway/bridge/formats";
import { Code } from "@causeway/bridge/status";
import type { Platform } from "#src/action/platform.js";
import { identityOfSlot } from "#src/sandbox/identity.js";
import { UNLIMITED, ociConfig, ociJson, type ContainerSpec } from "#src/sandbox/oci-config.js";

const platform: Platform = {
  uid: 1000,
  gid: 100,
  network: false,
  mergeStderr: true,
  terminal: false,
  argv0: "path",
  inputs: "read-only",
  kvm: false,
};

const spec: ContainerSpec = {
  arguments: ["/bin/sh", "é"].map(byteStringOf),
  environment: new Map([[byteStringOf("A"), byteStringOf("1=2")]]),
  workingDirectory: "/build",
  platform,
  identity: identityOfSlot(1, { uid: 0, gid: 0 }),
  root: "/work/root",
  mounts: [{ destination: "/nix/store/a", type: "none", source: "/trees/a", options: ["bind"] }],
  arch: "x64",
  coreHardLimit: UNLIMITED,
};

interface Config {
  readonly process: {
    readonly args: string[];
    readonly env: string[];
    readonly capabilities: Record<string, string[]>;
  };
  readonly hostname?: string;
  readonly mounts: { readonly destination: string }[];
  readonly linux: {
    readonly uidMappings: object[];
    readonly namespaces: { readonly type: string }[];
    readonly cgroupsPath?: string;
    readonly resources?: object;
  };
}

const configOf = (changes: Partial<ContainerSpec> = {}): Config => ociConfig({ ...spec, ...changes }) as Config;

describe("the configuration of a container", () => {
  it("has the command and its environment and nothing else", () => {
    const { args, env } = configOf().process;
    expect([args, env]).toEqual([["/bin/sh", "é"], ["A=1=2"]]);
  });

  it("gives no capabilities, but bounds none", () => {
    const { bounding, ...others } = configOf().process.capabilities;
    expect(bounding!.length).toBe(41);
    expect(Object.values(others).flat()).toEqual([]);
  });

  it("maps the builder and the root of the setup to ids that the slot has for itself", () => {
    expect(configOf().linux.uidMappings).toEqual([
      { containerID: 0, hostID: 872_415_235, size: 1 },
      { containerID: 1000, hostID: 872_415_234, size: 1 },
    ]);
    expect(identityOfSlot(0, { uid: 0, gid: 0 }).hostUid).toBe(872_415_232);
  });

  it("maps only our own id where we are not root", () => {
    const identity = identityOfSlot(3, { uid: 501, gid: 20 });
    expect(identity.ownsInputs).toBe(true);
    expect(configOf({ identity }).linux.uidMappings).toEqual([{ containerID: 1000, hostID: 501, size: 1 }]);
  });

  it("has a network of its own, unless it may have the host's, and a name always", () => {
    const types = (config: Config): string[] => config.linux.namespaces.map(({ type }) => type);
    expect(types(configOf())).toContain("network");
    expect(configOf().hostname).toBe("localhost");
    const open = configOf({ platform: { ...platform, network: true } });
    expect(types(open)).not.toContain("network");
    expect(open.hostname).toBe("localhost");
  });

  it("has a cgroup only for limits", () => {
    expect(configOf().linux).not.toHaveProperty("cgroupsPath");
    const limited = { ...platform, memoryBytes: 1024, cpuCores: 1.5 };
    const { linux } = configOf({ platform: limited, cgroupPath: "/causeway-x" });
    expect(linux.cgroupsPath).toBe("/causeway-x");
    expect(linux.resources).toEqual({ memory: { limit: 1024 }, cpu: { period: 100_000, quota: 150_000 } });
  });

  it("mounts what is shared after what every container has", () => {
    expect(configOf().mounts.map(({ destination }) => destination)).toEqual(["/proc", "/nix/store/a"]);
  });

  it("refuses what JSON cannot carry", () => {
    const odd = byteStringFrom(Buffer.from([0xff]));
    for (const changes of [{ arguments: [odd] }, { environment: new Map([[odd, odd]]) }])
      expect(() => configOf(changes)).toThrow(expect.objectContaining({ code: Code.FailedPrecondition }) as Error);
  });

  it("has the exact number for no limit, and touches no text that looks like it", () => {
    const text = '"hard":18446744073709552000';
    const json = ociJson(ociConfig({ ...spec, arguments: [byteStringOf(text)] }));
    expect(json).toContain('"hard":18446744073709551615');
    expect((JSON.parse(json) as Config).process.args).toEqual([text]);
    expect(ociJson(ociConfig({ ...spec, coreHardLimit: 4096 }))).toContain('"hard":4096');
  });
});
