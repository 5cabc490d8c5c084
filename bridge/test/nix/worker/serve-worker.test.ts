import { describe, expect, it } from "vitest";
import { generateKeyPairSync } from "node:crypto";
import { BuildStatus, type BuildReport, type BuildRequest } from "#src/coordinator/index.js";
import { fingerprintOf, parseSecretKey, signFingerprint, type StorePath } from "#src/formats/index.js";
import { Operation } from "#src/nix/worker/protocol.js";
import { WireWriter } from "#src/nix/worker/wire/writer.js";
import { addressedPath, converse, framed, hello, narOfText, openDaemon, pathInfo, STORE_DIR } from "./open-daemon.js";
import { buildDerivation, requests } from "./requests.js";

const LAST = Buffer.from("73746c6100000000", "hex");
const one = addressedPath("one", "1");
const importOf = (info: Buffer, nar: Uint8Array, dontCheckSignatures = true): Buffer =>
  Buffer.concat([
    new WireWriter().number(Operation.AddToStoreNar).take(),
    info,
    new WireWriter().bool(false).bool(dontCheckSignatures).take(),
    framed(nar),
  ]);
/** A path that nothing but a signature can prove. */
const inputAddressed = { full: `${STORE_DIR}/${"1".repeat(32)}-built`, narHash: one.narHash, nar: one.nar };

const cancelled = (asked: readonly BuildRequest[]): BuildReport => ({
  results: asked.map(({ drvPath }) => ({
    drvPath,
    status: BuildStatus.Cancelled,
    outputs: new Map(),
    errorText: "cancelled",
    timesBuilt: 0,
  })),
  failures: [],
});

async function validPaths(daemon: ReturnType<typeof openDaemon>): Promise<string[]> {
  return (await Array.fromAsync(daemon.store.pathInfos.list())).map(({ path }) => path);
}

describe("the handshake", () => {
  it("is what was recorded of Nix 2.8", async () => {
    // Client: magic, version 1.34, no affinity, no reserved space.
    const client = Buffer.from("6378696e000000002201000000000000" + "0000000000000000".repeat(2), "hex");
    const { sent } = await converse(openDaemon(), [client]);
    const greeting = Buffer.from("6f697864000000002601000000000000", "hex");
    expect(sent).toEqual(Buffer.concat([greeting, new WireWriter().text("test").take(), LAST]));
  });

  it("says the features that both have, and whether the client is trusted", async () => {
    for (const [isTrusted, trust] of [
      [true, 1],
      [false, 2],
    ] as const) {
      const { sent } = await converse(openDaemon(), [hello(38, ["other", "realisation-with-path-not-hash"])], {
        isTrusted,
      });
      const features = new WireWriter().texts(["realisation-with-path-not-hash"]).text("test").number(trust).take();
      expect(sent.subarray(16)).toEqual(Buffer.concat([features, LAST]));
    }
  });

  it.each([
    ["what is no client", Buffer.alloc(64)],
    ["a client that is too old", hello(20)],
    ["too many features", new WireWriter().halves(0x6e697863, 0).number(0x126).number(1_000_000).take()],
  ])("refuses %s", async (_, bytes) => {
    const { sent } = await converse(openDaemon(), [bytes]);
    expect(sent.includes("Error")).toBe(true);
  });
});

describe.each(Object.entries(requests))("%s", (_, request) => {
  it("is answered, and another request after it", async () => {
    const daemon = openDaemon();
    const isValid = requests.IsValidPath!;
    const { sent } = await converse(daemon, [hello(), request, isValid]);
    expect(sent.subarray(-16, -8)).toEqual(LAST);
    expect(sent.includes("end-of-file")).toBe(false);
  });

  it("stores nothing when it is cut off, wherever", async () => {
    for (let size = 1; size < request.byteLength; size += size < 64 ? 1 : 7) {
      const daemon = openDaemon();
      const { sent } = await converse(daemon, [hello(), request.subarray(0, size)]);
      const known = await validPaths(daemon);
      // What came whole before the cut stays.
      if (!request.includes(`${STORE_DIR}/${known[0] ?? ""}`)) expect(known).toEqual([]);
      expect(sent.includes("unexpected end-of-file") || sent.includes("Error"), `cut at ${size}`).toBe(true);
    }
  });

  it("is refused when a length is enormous, wherever", async () => {
    for (let at = 8; at + 8 <= request.byteLength; at += 8) {
      const changed = Buffer.from(request);
      changed.writeBigUInt64LE(0x7fff_ffff_ffff_fff8n, at);
      // It ends, with or without an error: a number may be a number.
      await converse(openDaemon(), [hello(), changed]);
    }
  });
});

describe("clients of old", () => {
  const name = (operation: number): WireWriter => new WireWriter().number(operation);

  it.each([
    [21, "r:", true],
    [24, "", false],
  ])("add contents without frames (1.%i, fixed:%s)", async (minor, _, recursive) => {
    const daemon = openDaemon();
    const request = name(Operation.AddToStore).text("one").bool(true).bool(recursive).text("sha256").take();
    const { sent } = await converse(daemon, [hello(minor), request, one.nar, requests.IsValidPath!]);
    const [path] = await validPaths(daemon);
    if (recursive) expect(path).toBe(one.path);
    const answer = new WireWriter().text(`${STORE_DIR}/${path}`).take();
    expect(sent.subarray(-16 - answer.byteLength)).toEqual(
      Buffer.concat([answer, LAST, new WireWriter().bool(recursive).take()]),
    );
  });

  it("are asked for each piece of an archive (1.22)", async () => {
    const daemon = openDaemon();
    const request = Buffer.concat([
      name(Operation.AddToStoreNar).take(),
      pathInfo(one),
      new WireWriter().bool(false).bool(false).bytes(one.nar.subarray(0, 50)).bytes(one.nar.subarray(50)).take(),
    ]);
    const { sent } = await converse(daemon, [hello(22), request, requests.IsValidPath!]);
    expect(await validPaths(daemon)).toEqual([one.path]);
    const asked = Buffer.from("6174616400000000", "hex");
    expect(sent.indexOf(asked)).toBeGreaterThan(0);
    expect(sent.subarray(-16)).toEqual(Buffer.concat([LAST, new WireWriter().bool(true).take()]));
  });

  it("mean all outputs by a derivation alone (1.29)", async () => {
    const asked: unknown[] = [];
    const daemon = openDaemon({
      answer: async (builds) => {
        asked.push(...builds.map(({ outputs }) => outputs));
        return cancelled(builds);
      },
    });
    const drv = `${STORE_DIR}/${"0".repeat(32)}-x.drv`;
    await converse(daemon, [hello(29), name(Operation.BuildPaths).texts([drv]).number(0).take()]);
    expect(asked).toEqual(["all"]);
  });
});

describe("what a client may do", () => {
  it.each([true, false])("adds what a content address proves (trusted: %s)", async (isTrusted) => {
    const daemon = openDaemon();
    await converse(daemon, [hello(), importOf(pathInfo(one), one.nar)], { isTrusted });
    expect(await validPaths(daemon)).toEqual([one.path]);
  });

  it("adds what nothing proves only if it is trusted and says so", async () => {
    for (const [isTrusted, dontCheck, count] of [
      [true, true, 1],
      [true, false, 0],
      [false, true, 0],
      [false, false, 0],
    ] as const) {
      const daemon = openDaemon();
      const { sent } = await converse(daemon, [hello(), importOf(pathInfo(inputAddressed), one.nar, dontCheck)], {
        isTrusted,
      });
      expect(await validPaths(daemon)).toHaveLength(count);
      expect(sent.includes("lacks a signature by a trusted key")).toBe(count === 0);
    }
  });

  it("adds what a trusted key has signed, and nothing that differs from it", async () => {
    const { privateKey } = generateKeyPairSync("ed25519");
    const jwk = privateKey.export({ format: "jwk" });
    const raw = Buffer.concat([Buffer.from(jwk.d!, "base64url"), Buffer.from(jwk.x!, "base64url")]);
    const key = parseSecretKey(`test:${raw.toString("base64")}`);
    const signature = signFingerprint(
      key,
      fingerprintOf(STORE_DIR, {
        path: inputAddressed.full.slice(STORE_DIR.length + 1) as StorePath,
        narHash: one.narHash,
        narSizeBytes: one.nar.byteLength,
        references: [],
      }),
    );
    const signed = pathInfo(inputAddressed, { signatures: [signature] });
    const daemon = openDaemon({ publicKeys: [key.publicKeyText] });
    await converse(daemon, [hello(), importOf(signed, one.nar, false)], { isTrusted: false });
    expect(await validPaths(daemon)).toHaveLength(1);
    const other = openDaemon({ publicKeys: [key.publicKeyText] });
    const nar = narOfText("2");
    const changed = await converse(other, [hello(), importOf(signed, nar, false)], { isTrusted: false });
    expect(changed.sent.includes("hash mismatch importing path")).toBe(true);
    expect(await validPaths(other)).toEqual([]);
  });

  it.each([
    ["hash mismatch", pathInfo({ ...one, narHash: "0".repeat(64), ca: "" })],
    ["claims to be content-addressed but isn't", pathInfo({ ...one, full: inputAddressed.full })],
    ["its reference", pathInfo({ ...inputAddressed }, { references: [`${STORE_DIR}/${"2".repeat(32)}-absent`] })],
    ["is not in the Nix store", pathInfo({ ...one, full: "/etc/passwd" })],
    ["is not a store path", pathInfo({ ...one, full: `${one.full}/../x` })],
  ])("is told of %s, and goes on", async (message, info) => {
    const daemon = openDaemon();
    const { sent } = await converse(daemon, [hello(), importOf(info, one.nar), requests.IsValidPath!]);
    expect(sent.includes(message)).toBe(true);
    expect(sent.subarray(-16)).toEqual(Buffer.concat([LAST, Buffer.alloc(8)]));
    expect(await validPaths(daemon)).toEqual([]);
  });

  it("builds input-addressed derivations without their files only if it is trusted", async () => {
    const request = buildDerivation({ path: one.full, algorithm: "", hash: "" });
    const refused = await converse(openDaemon(), [hello(), request], { isTrusted: false });
    expect(refused.sent.includes("you are not privileged to build input-addressed derivations")).toBe(true);
    const floating = buildDerivation({ path: "", algorithm: "r:sha256", hash: "" });
    const built: string[] = [];
    const daemon = openDaemon({
      answer: async (asked) => {
        built.push(...asked.map(({ drvPath }) => drvPath));
        return {
          results: [{ drvPath: asked[0]!.drvPath, status: 9, outputs: new Map(), errorText: "no", timesBuilt: 0 }],
          failures: [],
        };
      },
    });
    await converse(daemon, [hello(), floating], { isTrusted: false });
    // Not under the name that the client gave it, which may be that of another derivation.
    expect(built).toHaveLength(1);
    expect(built[0]).not.toContain("0".repeat(32));
  });

  it("is given up when it does not read", async () => {
    let aborted = false;
    const line = "x".repeat(1 << 20);
    const daemon = openDaemon({
      answer: (asked, signal, onEvent) =>
        new Promise((resolve) => {
          signal?.addEventListener("abort", () => {
            aborted = true;
            resolve(cancelled(asked));
          });
          // More than is kept for a client.
          for (let i = 0; i < 100; i++) onEvent?.({ type: "log", drvPath: asked[0]!.drvPath, line });
        }),
    });
    await converse(daemon, [hello(), requests.BuildPathsWithResults!], { stopsReading: true });
    expect(aborted).toBe(true);
  });

  it("cancels its build when it hangs up", async () => {
    let aborted = false;
    const daemon = openDaemon({
      answer: (asked, signal) =>
        new Promise((resolve) => {
          signal?.addEventListener("abort", () => {
            aborted = true;
            resolve(cancelled(asked));
          });
        }),
    });
    await converse(daemon, [hello(), requests.BuildPathsWithResults!]);
    expect(aborted).toBe(true);
  });

  it("keeps what it needs while it is there", async () => {
    const daemon = openDaemon();
    const pieces = [hello(), importOf(pathInfo(one), one.nar), requests.FindRoots!];
    const { sent } = await converse(daemon, pieces);
    expect(sent.includes("{temp}")).toBe(true);
    expect(daemon.temporaryRoots.size).toBe(0);
  });
});
