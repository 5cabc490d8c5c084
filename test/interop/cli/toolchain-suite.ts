import { cp } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parsePathInfos, type ComparedInfo } from "../nix/path-info.ts";
import { output } from "../nix/run-program.ts";
import { EXAMPLE, fetchPackages } from "./fetch-packages.ts";
import { built, openSession, type Session } from "./session.ts";

// The example of real size, built by Nix and by Causeway from the same packages: a C toolchain of 20,000 files, and GNU hello built with it.

const TIMEOUT_MS = 10 * 60_000;

/**
 * @param where says where builds run: `--remote` and what goes with it. Known when the tests run.
 * @param options.onlyHello the toolchain is built here, for its builder's shell (busybox) finds its tools through `/proc`, and some clusters have none.
 */
export function toolchainOn(where: () => readonly string[], { onlyHello = false } = {}): void {
  let session: Session;
  let tree: string;
  let closure: ReadonlyMap<string, ComparedInfo>;
  let hello: string;

  beforeAll(async () => {
    session = await openSession();
    const packages = await fetchPackages();
    tree = join(session.home, "example");
    await cp(EXAMPLE, tree, { recursive: true });
    for (const name of ["packages", "shell", "hello-2.10.tar.gz"])
      await output(["cp", "-a", join(packages, name), tree]);
    if (onlyHello) await session.causewayOutput("build", "-f", tree, "-A", "toolchain");
  }, TIMEOUT_MS);

  afterAll(() => session[Symbol.asyncDispose](), TIMEOUT_MS);

  it(
    "has the same paths, hashes and references as with nix-build",
    async () => {
      const [byNix, byCauseway] = await Promise.all([
        session.nixOutput("nix-build", tree, "-A", "hello", "--no-out-link"),
        session.causewayOutput("build", ...where(), "-f", tree, "-A", "hello"),
      ]);
      expect(byCauseway).toBe(byNix);
      hello = byCauseway;
      closure = parsePathInfos(await session.causewayOutput("path-info", "--json", "-r", hello));
      expect([...closure.keys()].map((path) => path.slice(44)).sort()).toEqual(["debian-toolchain", "hello-2.10"]);
      const store = ["--store", session.nixRoot, "--json", "-r", hello];
      expect(closure).toEqual(parsePathInfos(await session.nixOutput("nix", "path-info", ...store)));
    },
    TIMEOUT_MS,
  );

  it(
    "runs from a checkout",
    async () => {
      const root = join(session.home, "checkout");
      await session.causewayOutput("store", "checkout", ...closure.keys(), "--to", root);
      expect(await output(["chroot", root, `${hello}/bin/hello`])).toBe("Hello, world!\n");
    },
    TIMEOUT_MS,
  );

  it("runs nothing the second time", async () => {
    const again = await session.causeway("build", ...where(), "-f", tree, "-A", "hello");
    expect(again).toMatchObject({ exit: 0, stdout: `${hello}\n` });
    expect(built(again)).toEqual([]);
  });

  it.skipIf(onlyHello)(
    "is answered by the action cache when only the paths are forgotten",
    async () => {
      await session.causewayOutput("store", "forget", ...closure.keys());
      expect((await session.causeway("path-info", hello)).exit).not.toBe(0);
      const again = await session.causeway("build", ...where(), "-f", tree, "-A", "hello");
      expect(again).toMatchObject({ exit: 0, stdout: `${hello}\n` });
      expect(built(again)).toEqual([]);
      expect(parsePathInfos(await session.causewayOutput("path-info", "--json", "-r", hello))).toEqual(closure);
    },
    TIMEOUT_MS,
  );
}
