/*
 * Writes blobs to a state directory for ever, and says so on its output once each is acknowledged: to be killed.
 * Arguments: directory, seed, and "collect" to collect garbage between the writes, or "paths" to register store paths instead. A line
 * "<size> <seed>" stands for the first <size> bytes of SHAKE-256 of <seed>; with "paths" it is the path.
 */
import { createHash } from "node:crypto";
import { writeSync } from "node:fs";
import { parseStorePath, type StorePath } from "@causeway/bridge/formats";
import { collectGarbage, hashNarOf, openDiskStore } from "@causeway/bridge/store";

const [, , directory = "", seedText = "1", mode] = process.argv;
const store = await openDiskStore({ directory, storeDir: "/nix/store" });
const tell = (line: string): void => void writeSync(1, `${line}\n`);
tell("open");

const contentsOf = (size: number, seed: number): Buffer =>
  createHash("shake256", { outputLength: size }).update(String(seed)).digest();

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}

async function writer(first: number): Promise<never> {
  for (let seed = first; ; seed += 20) {
    const size = 1 + ((seed * 7919) % (seed % 4 === 0 ? 400_000 : 5_000));
    if (seed % 3 !== 0) {
      await store.blobs.write(once(contentsOf(size, seed)));
      tell(`${String(size)} ${String(seed)}`);
    } else {
      const seeds = Array.from({ length: 20 }, (_, i) => seed + i);
      await store.blobs.writeMany(seeds.map((one) => ({ bytes: contentsOf(200, one) })));
      for (const one of seeds) tell(`200 ${String(one)}`);
    }
  }
}

/** Each path refers to the one before; now and then one is forgotten again, which takes a transaction. */
async function registrar(name: string): Promise<never> {
  let before: StorePath[] = [];
  for (let i = 0; ; i++) {
    const hashPart = createHash("md5")
      .update(`${name} ${String(i)}`)
      .digest("hex");
    const path = parseStorePath(`${hashPart.replaceAll("e", "z")}-${name}`);
    const [info] = await store.blobs.writeMany([{ bytes: contentsOf(300, i) }]);
    const node = { type: "file", digest: info!.blake3, size: info!.sizeBytes, executable: false } as const;
    const known = { path, node, ...(await hashNarOf(store, node)), references: before, signatures: [] };
    await store.pathInfos.putMany([{ ...known, registrationTime: i, ultimate: false }]);
    if (i % 50 === 7) await store.pathInfos.forget([path]);
    else {
      tell(path);
      before = [path];
    }
  }
}

async function collector(): Promise<never> {
  for (;;) await collectGarbage(store, { graceMs: 0, maxSizeBytes: 1_000_000 });
}

const seed = Number(seedText);
if (mode === "paths") await Promise.all([registrar(`one-${seedText}`), registrar(`two-${seedText}`)]);
const writers = [writer(seed), writer(seed + 1_000_000), writer(seed + 2_000_000)];
await Promise.all(mode === "collect" ? [...writers, collector()] : writers);
