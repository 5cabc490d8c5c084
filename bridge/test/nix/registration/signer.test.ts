import { describe, expect, it } from "vitest";
import { createSigner } from "#src/nix/registration/index.js";
import type { PathInfo } from "#src/store/index.js";
import { pathNamed, recordedInfos, STORE_DIR } from "./recorded-outputs.js";

// Made for this test by `nix-store --generate-binary-cache-key test-key-1 sec pub`; the signature by `nix store sign --key-file sec` on
// the output `tree` of fixtures/outputs.nix (Nix 2.8.0).
const SECRET_KEY =
  "test-key-1:OR6OVX81Ii7f5HPQBpbwxFVQ6FS09iP26MdDlcyKWT075a1z53NOztaPLpzDFo4OqjsYChW/68VGYky4G7U00g==";
const SIGNATURE = "test-key-1:TI7pH4pP26Ety9/k6NLUEzOc+YV5pFtRUnC7/LohQk3tg3GIpPE80X/UfxNoFQ+DaOlITQRPyMHzuwmSGykDBQ==";

const info: PathInfo = {
  ...recordedInfos.get(pathNamed("tree"))!,
  node: { type: "symlink", target: "x" as never },
  signatures: [],
  registrationTime: 1,
};

describe("a signer", () => {
  it("signs as Nix does", () => {
    expect(createSigner([SECRET_KEY], STORE_DIR).sign(info).signatures).toEqual([SIGNATURE]);
  });

  it("replaces signatures of its own keys only", () => {
    const signed = { ...info, signatures: ["other-1:AAAA", "test-key-1:BBBB"] };
    expect(createSigner([SECRET_KEY], STORE_DIR).sign(signed).signatures).toEqual(["other-1:AAAA", SIGNATURE]);
  });

  it.each(["", "x", "x:", ":AAAA", "x:AAAA"])("refuses %j as a key", (key) => {
    expect(() => createSigner([key], STORE_DIR)).toThrow(
      expect.objectContaining({ name: "StatusError", code: 3 }) as Error,
    );
  });
});
