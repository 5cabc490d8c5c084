import { afterEach, describe, expect, it } from "vitest";
import type { SubstitutionEvent } from "#src/coordinator/index.js";
import type { StorePath } from "#src/formats/index.js";
import type { ImportContext } from "#src/nix/import/import-context.js";
import { createSubstituter } from "#src/nix/substitute/create-substituter.js";
import type { Substituter } from "#src/nix/substitute/substituter.js";
import { Code, StatusError } from "#src/status/index.js";
import {
  cachedPath,
  createFiles,
  hang,
  inPieces,
  openContext,
  openFake,
  pathOf,
  publish,
  type CachedPath,
  type FakeFiles,
} from "./fake-cache.js";

const open = new Set<Substituter>();
afterEach(async () => {
  for (const each of open) await each[Symbol.asyncDispose]();
  open.clear();
});

interface World {
  readonly context: ImportContext;
  readonly substituter: Substituter;
  readonly events: SubstitutionEvent[];
  readonly onEvent: (event: SubstitutionEvent) => void;
  valid(...paths: readonly StorePath[]): Promise<boolean[]>;
}

function openWorld(
  caches: readonly FakeFiles[],
  options: {
    readonly requireSignatures?: boolean;
    readonly trusted?: readonly FakeFiles[];
    transfersMax?: number;
  } = {},
): World {
  const context = openContext();
  const substituter = createSubstituter({
    context,
    caches: caches.map((files) => ({
      cache: openFake(files, { contactTimeoutMs: 30 }),
      isTrusted: options.trusted?.includes(files) === true,
    })),
    requireSignatures: options.requireSignatures ?? true,
    transfersMax: options.transfersMax ?? 2,
  });
  open.add(substituter);
  const events: SubstitutionEvent[] = [];
  return {
    ...{ context, substituter, events },
    onEvent: (event) => void events.push(event),
    async valid(...paths) {
      return (await context.store.pathInfos.getMany(paths)).map((info) => info !== undefined);
    },
  };
}

const unsigned = (cached: CachedPath): CachedPath => ({ ...cached, info: { ...cached.info, signatures: [] } });
const [a, b, c] = [pathOf(1), pathOf(2), pathOf(3)];
/** a needs b and itself, b needs c. */
const chain = [cachedPath(a, "a", [a, b]), cachedPath(b, "b", [c]), cachedPath(c, "c")] as const;

function cacheOf(paths: readonly CachedPath[], uri?: string): FakeFiles {
  const files = createFiles(uri);
  for (const each of paths) publish(files, each);
  return files;
}

describe("a substituter", () => {
  it("makes a path valid with all it refers to", async () => {
    const world = openWorld([cacheOf(chain)], { transfersMax: 1 });
    expect(await world.substituter.substitute(a, world)).toEqual({ type: "valid" });
    expect(await world.valid(a, b, c)).toEqual([true, true, true]);
    const info = await world.context.store.pathInfos.get(a);
    expect(info).toMatchObject({ references: [a, b], ultimate: false, signatures: chain[0].info.signatures });
    expect(
      world.events
        .filter(({ type }) => type === "copying")
        .map((event) => "path" in event && event.path)
        .sort(),
    ).toEqual([a, b, c].sort());
    expect(world.events.filter(({ type }) => type === "copied")).toHaveLength(3);
  });

  it("says what it would fetch", async () => {
    const world = openWorld([cacheOf(chain)]);
    expect([...(await world.substituter.plan(a))!.keys()]).toEqual([c, b, a]);
    await world.substituter.substitute(b);
    expect([...(await world.substituter.plan(a))!.keys()]).toEqual([a]);
    await world.substituter.substitute(a);
    expect((await world.substituter.plan(a))!.size).toBe(0);
  });

  it("has nothing of what cannot be had as a whole, and fetches nothing of it", async () => {
    const files = cacheOf(chain.slice(0, 2));
    const world = openWorld([files]);
    expect(await world.substituter.plan(a)).toBeUndefined();
    expect(await world.substituter.substitute(a)).toEqual({ type: "absent" });
    expect(files.asked.filter((name) => name.startsWith("nar/"))).toEqual([]);
    expect(await world.substituter.substitute(pathOf(9))).toEqual({ type: "absent" });
  });

  it("takes nothing that nobody has signed whom it trusts", async () => {
    const other = {
      ...chain[2],
      info: { ...chain[2].info, signatures: ["other-1:AAAA", chain[1].info.signatures[0]!] },
    };
    for (const forged of [unsigned(chain[2]), other]) {
      const world = openWorld([cacheOf([forged])]);
      expect(await world.substituter.substitute(c, world)).toEqual({ type: "absent" });
      expect(world.events).toEqual([
        {
          type: "warning",
          message: `ignoring substitute for '/nix/store/${c}' from 'fake://cache', as it's not signed by any of the keys in 'trusted-public-keys'`,
        },
      ]);
    }
  });

  it("takes it from a cache that is trusted, or without a need for signatures", async () => {
    const files = cacheOf([unsigned(chain[2])]);
    expect(await openWorld([files], { trusted: [files] }).substituter.substitute(c)).toEqual({ type: "valid" });
    expect(await openWorld([files], { requireSignatures: false }).substituter.substitute(c)).toEqual({ type: "valid" });
  });

  it("takes no contents that have not the hash that was signed", async () => {
    const files = createFiles();
    publish(files, { ...chain[2], nar: cachedPath(c, "x").nar }, { fileHash: cachedPath(c, "x").info.narHash });
    const world = openWorld([files]);
    expect(await world.substituter.substitute(c, world)).toMatchObject({
      type: "failed",
      message: expect.stringContaining("hash mismatch importing path") as string,
    });
    expect(await world.valid(c)).toEqual([false]);
  });

  it("goes on with the next cache where one gives it wrong, or not to its end, or is away", async () => {
    const wrong = createFiles("fake://wrong");
    publish(wrong, { ...chain[2], nar: cachedPath(c, "x").nar }, { fileHash: cachedPath(c, "x").info.narHash });
    const broken = cacheOf(chain, "fake://broken");
    broken.contents.set(chain[2].info.url, async function* () {
      yield* inPieces(chain[2].nar.subarray(0, 30));
      throw new StatusError(Code.Unavailable, "the connection broke");
    });
    const away = createFiles("fake://away");
    away.onOpen = (_, signal) => hang(signal);
    const world = openWorld([away, wrong, broken, cacheOf(chain, "fake://good")]);
    expect(await world.substituter.substitute(a, world)).toEqual({ type: "valid" });
    expect(await world.valid(a, b, c)).toEqual([true, true, true]);
    const warnings = world.events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
    expect(warnings).toEqual([
      "binary cache 'fake://away' did not answer within 0.03 s",
      expect.stringContaining("hash mismatch importing path"),
      "the connection broke",
    ]);
  });

  it("asks caches by their priority, then in the order of their names", async () => {
    const first = cacheOf(chain, "fake://first");
    first.contents.set("nix-cache-info", Buffer.from("StoreDir: /nix/store\nPriority: 50\n"));
    const [second, third] = [cacheOf(chain, "fake://second"), cacheOf(chain, "fake://third")];
    const world = openWorld([first, second, third]);
    expect((await world.substituter.find(c))?.from).toBe("fake://second");
    expect((await world.substituter.find(c, { massQuery: true }))?.from).toBe("fake://second");
    expect((await openWorld([first]).substituter.find(c, { massQuery: true }))?.from).toBeUndefined();
    expect(first.asked).not.toContain(chain[2].info.url);
  });

  it("waits for a dead cache once, whatever is asked meanwhile and afterwards", async () => {
    const away = createFiles("fake://away");
    away.onOpen = (_, signal) => hang(signal);
    const world = openWorld([away, cacheOf(chain)]);
    await Promise.all([a, b, c].map((path) => world.substituter.substitute(path)));
    await world.substituter.find(pathOf(7));
    expect(away.asked).toEqual(["nix-cache-info"]);
  });

  it("fetches once what several ask for", async () => {
    const files = cacheOf(chain);
    const world = openWorld([files]);
    await Promise.all(Array.from({ length: 5 }, () => world.substituter.substitute(a)));
    expect(files.asked.filter((name) => name.startsWith("nar/"))).toHaveLength(3);
  });

  it("goes on for those who stay when another one leaves, and stops when all have left", async () => {
    const files = cacheOf(chain);
    const reached = Promise.withResolvers<undefined>();
    const resume = Promise.withResolvers<undefined>();
    files.onOpen = async (name, signal) => {
      if (name !== chain[1].info.url) return;
      reached.resolve(undefined);
      await Promise.race([resume.promise, hang(signal)]);
    };
    const world = openWorld([files]);
    const leaving = new AbortController();
    const left = world.substituter.substitute(a, { signal: leaving.signal });
    const stays = world.substituter.substitute(a);
    await reached.promise;
    leaving.abort(new StatusError(Code.Cancelled, "left"));
    await expect(left).rejects.toMatchObject({ code: Code.Cancelled });
    resume.resolve(undefined);
    expect(await stays).toEqual({ type: "valid" });
  });

  it("leaves nothing running when nobody waits any more", async () => {
    const files = cacheOf(chain);
    const reached = Promise.withResolvers<undefined>();
    files.onOpen = async (name, signal) => {
      if (!name.startsWith("nar/")) return;
      reached.resolve(undefined);
      await hang(signal);
    };
    const world = openWorld([files]);
    const leaving = new AbortController();
    const left = world.substituter.substitute(a, { signal: leaving.signal });
    await reached.promise;
    leaving.abort(new StatusError(Code.Cancelled, "left"));
    await expect(left).rejects.toMatchObject({ code: Code.Cancelled });
    expect(await world.valid(a, b, c)).toEqual([false, false, false]);
    files.onOpen = () => undefined;
    expect(await world.substituter.substitute(a)).toEqual({ type: "valid" });
  });

  it("is not caught in a circle of references", async () => {
    const circle = [cachedPath(a, "a", [b]), cachedPath(b, "b", [a])];
    const world = openWorld([cacheOf(circle)]);
    expect(await world.substituter.substitute(a)).toMatchObject({
      type: "failed",
      message: expect.stringContaining("go in a circle") as string,
    });
  });

  it("copes with a long chain and a wide fan", async () => {
    const size = 2_000;
    const paths = Array.from({ length: size }, (_, i) =>
      cachedPath(
        pathOf(i),
        `text ${String(i)}`,
        i === 0 ? [] : [pathOf(i - 1), ...(i === size - 1 ? [pathOf(0), pathOf(7)] : [])],
      ),
    );
    const world = openWorld([cacheOf(paths)], { transfersMax: 4 });
    expect(await world.substituter.substitute(pathOf(size - 1))).toEqual({ type: "valid" });
  });
});
