import { describe, expect, it } from "vitest";
import { derivationOptionsOf, tokenize, type DerivationOptions } from "#src/coordinator/derivation-options/index.js";
import { byteStringOf, type ByteString, type Derivation, type StorePath } from "#src/formats/index.js";

const DRV = "h0qb3wmwhkx4nsnnlp5janwnw1bz9ng8-a.drv" as StorePath;

function optionsOf(env: Readonly<Record<string, string>>): DerivationOptions {
  const derivation: Derivation = {
    outputs: new Map([
      ["out", { type: "deferred" }],
      ["dev", { type: "deferred" }],
    ]),
    inputDrvs: new Map(),
    inputSrcs: [],
    platform: "x86_64-linux" as ByteString,
    builder: "/bin/sh" as ByteString,
    args: [],
    env: new Map(Object.entries(env).map(([name, value]) => [byteStringOf(name), byteStringOf(value)])),
  };
  return derivationOptionsOf(DRV, derivation);
}

const structured = (json: unknown): DerivationOptions => optionsOf({ __json: JSON.stringify(json) });

describe("options in the environment", () => {
  it("have defaults", () => {
    expect(optionsOf({})).toMatchObject({
      requiredSystemFeatures: [],
      noChroot: false,
      impureEnvVars: [],
      passAsFile: new Set(),
      unsafeDiscardReferences: new Set(),
    });
  });

  it("are split at white space of any kind, features sorted and each once", () => {
    expect(tokenize(" a\tb\n\nc\r" as ByteString)).toEqual(["a", "b", "c"]);
    expect(optionsOf({ requiredSystemFeatures: "kvm  big-parallel\nkvm" }).requiredSystemFeatures).toEqual([
      "big-parallel",
      "kvm",
    ]);
  });

  it("a Boolean is true only as 1", () => {
    expect(optionsOf({ __noChroot: "1" }).noChroot).toBe(true);
    for (const value of ["", "0", "true", "2"]) expect(optionsOf({ __noChroot: value }).noChroot).toBe(false);
  });

  it("checks are for all outputs, and absent is not empty", () => {
    const { outputChecks } = optionsOf({ allowedReferences: "", disallowedRequisites: "/nix/store/x out" });
    expect([...outputChecks.keys()]).toEqual(["out", "dev"]);
    expect(outputChecks.get("dev")).toEqual({
      allowedReferences: [],
      disallowedRequisites: ["/nix/store/x", "out"],
      ignoreSelfReferences: true,
    });
  });
});

describe("options in structured attributes", () => {
  it("are read from the JSON, not from the environment", () => {
    const options = optionsOf({
      __json: JSON.stringify({ requiredSystemFeatures: ["b", "a"], impureEnvVars: ["X"], passAsFile: ["p"] }),
      __noChroot: "1",
    });
    expect(options).toMatchObject({
      requiredSystemFeatures: ["a", "b"],
      impureEnvVars: ["X"],
      passAsFile: new Set(),
      noChroot: false,
    });
  });

  it("checks are by output, with sizes", () => {
    const { outputChecks } = structured({
      outputChecks: { out: { maxSize: 10, maxClosureSize: 12345678901234, allowedRequisites: [] } },
    });
    expect([...outputChecks]).toEqual([
      [
        "out",
        {
          maxSizeBytes: 10n,
          maxClosureSizeBytes: 12345678901234n,
          allowedRequisites: [],
          ignoreSelfReferences: false,
        },
      ],
    ]);
  });

  it("references are discarded where that is true", () => {
    const options = structured({ unsafeDiscardReferences: { out: true, dev: false } });
    expect(options.unsafeDiscardReferences).toEqual(new Set(["out"]));
  });

  it.each([
    [{ requiredSystemFeatures: "a" }, "attribute 'requiredSystemFeatures' of derivation '%' must be a list of strings"],
    [{ impureEnvVars: [1] }, "attribute 'impureEnvVars' of derivation '%' must be a list of strings"],
    [{ __noChroot: "a" }, "attribute '__noChroot' of derivation '%' must be a Boolean"],
    [
      { outputChecks: { out: { allowedReferences: [{}] } } },
      "attribute 'allowedReferences' of derivation '%' must be a list of strings",
    ],
    [{ outputChecks: { out: { maxSize: "1" } } }, "attribute 'maxSize' of derivation '%' must be a number"],
  ])("%j is refused", (json, message) => {
    expect(() => structured(json)).toThrow(
      expect.objectContaining({ name: "BuildFailure", status: 4, message: message.replace("%", DRV) }) as Error,
    );
  });
});
