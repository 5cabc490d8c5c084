import { randomBytes } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { digestBytes, type Digest } from "@causeway/bridge/digest";
import { connect, type GrpcChannel } from "@causeway/bridge/grpc";
import { Code } from "@causeway/bridge/status";
import { output } from "../../interop/nix/run-program.ts";
import { createServerHome, type ServerHome } from "../../serve/start-server.ts";
import { createCasClient, type CasClient } from "./cas-client.ts";

const MIB = 2 ** 20;
const DISK_MIB = 48;
const BALLAST_MIB = 12;

let home: ServerHome;
let channel: GrpcChannel;
let client: CasClient;
const ballast = (): string => join(home.state, "ballast");

describe.skipIf(process.getuid?.() !== 0)("a server whose disk is full (needs root for a tmpfs)", () => {
  beforeEach(async () => {
    home = await createServerHome();
    await mkdir(home.state);
    await output(["mount", "-t", "tmpfs", "-o", `size=${DISK_MIB}m,mode=700`, "none", home.state]);
    await writeFile(ballast(), Buffer.alloc(BALLAST_MIB * MIB));
    ({ channel, client } = await start());
  });
  afterEach(async () => {
    await channel[Symbol.asyncDispose]();
    const { state } = home;
    // The server's own files go with the mount; it is let go of lazily, for the server may still be ending.
    await output(["umount", "--lazy", state]);
    await home[Symbol.asyncDispose]();
  });

  let server: ReturnType<ServerHome["start"]>;
  async function start(): Promise<{ channel: GrpcChannel; client: CasClient }> {
    server = home.start();
    const opened = await connect((await server.ready()).grpc);
    return { channel: opened, client: createCasClient(opened) };
  }

  /** Uploads until there is no room, and some more. @returns what was acknowledged, and what was said of the others. */
  async function fillUp(
    put: (blob: Buffer) => Promise<Digest>,
    sizeBytes: number,
  ): Promise<{ kept: Map<string, Buffer>; digests: Digest[]; errors: Error[] }> {
    const [kept, digests, errors] = [new Map<string, Buffer>(), [] as Digest[], [] as Error[]];
    for (let sent = 0; errors.length < 3; sent += sizeBytes) {
      if (sent > 3 * DISK_MIB * MIB) throw new Error("the disk does not become full");
      const blob = randomBytes(sizeBytes);
      try {
        const digest = await put(blob);
        digests.push(digest);
        kept.set(digest.hash, blob);
      } catch (error) {
        errors.push(error as Error);
      }
    }
    return { kept, digests, errors };
  }

  const ways: [string, number, (blob: Buffer) => Promise<Digest>][] = [
    ["small blobs in batches", 100_000, async (blob) => (await client.putBatch("sha256", [blob]))[0]!],
    ["large blobs in batches", 600_000, async (blob) => (await client.putBatch("blake3", [blob]))[0]!],
    ["streams", 3_000_000, (blob) => client.putStream("sha256", blob)],
  ];

  it.each(ways)(
    "refuses %s, serves what it has, and takes more when there is room",
    async (_, sizeBytes, put) => {
      const { kept, digests, errors } = await fillUp(put, sizeBytes);
      for (const error of errors) {
        expect(error).toMatchObject({ code: Code.ResourceExhausted });
        expect(error.message).toMatch(/no space|full/i);
      }
      expect(digests.length).toBeGreaterThan(3);

      const check = async (): Promise<void> => {
        expect(await client.findMissing(digests)).toEqual([]);
        for (const digest of digests)
          expect(Buffer.compare((await client.getStream(digest))!, kept.get(digest.hash)!)).toBe(0);
      };
      await check();

      await rm(ballast());
      const more = randomBytes(sizeBytes);
      const digest = await put(more);
      digests.push(digest);
      kept.set(digest.hash, more);
      await check();

      server.signal("SIGKILL");
      await server.ended();
      await channel[Symbol.asyncDispose]();
      ({ channel, client } = await start());
      await check();
      expect(await client.findMissing([digestBytes("sha256", Buffer.from("never sent"))])).toHaveLength(1);
    },
    60_000,
  );
});
