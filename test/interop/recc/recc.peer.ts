import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { output, runProgram } from "../nix/run-program.ts";
import { sidRoot, type DebianRoot } from "../peers/debian-root.ts";
import { createServerHomeIn } from "../peers/start-causeway.ts";
import { temporaryDirectory } from "../peers/start-peer.ts";

const opened = new AsyncDisposableStack();
let root: DebianRoot;
let directory: string;
let server: string;
beforeAll(async () => {
  root = await sidRoot();
  directory = opened.use(await temporaryDirectory()).path;
  const home = opened.use(await createServerHomeIn(root));
  server = (await home.start().ready()).grpc.replace("grpc:", "http:");
});
afterAll(() => opened.disposeAsync());

it("compiles with recc, and finds what it has compiled", async () => {
  const source = join(directory, "source");
  await mkdir(source);
  await writeFile(join(source, "value.h"), "#define VALUE 42\n");
  await writeFile(join(source, "main.c"), '#include "value.h"\nint main(void) { return VALUE; }\n');
  const recc = async () => {
    const env = {
      PATH: "/usr/bin:/bin",
      HOME: directory,
      RECC_SERVER: server,
      RECC_REMOTE_PLATFORM_OSFamily: "linux",
      RECC_VERBOSE: "1",
    };
    const command = root.command(["recc", "gcc", "-c", "main.c", "-o", "main.o"], [directory], source);
    const { exit, stderr } = await runProgram(command, { env });
    expect({ exit, stderr }).toMatchObject({ exit: 0 });
    return stderr;
  };
  expect(await recc()).not.toMatch(/cache hit/i);
  const object = await readFile(join(source, "main.o"));
  expect(await recc()).toMatch(/cache hit/i);
  expect((await readFile(join(source, "main.o"))).equals(object)).toBe(true);
  const env = { PATH: "/usr/bin:/bin" };
  await output(root.command(["gcc", "main.o", "-o", "main"], [directory], source), { env });
  expect((await runProgram(root.command(["./main"], [directory], source), { env })).exit).toBe(42);
});

it("runs a job with trexe", async () => {
  const input = join(directory, "input");
  const results = join(directory, "results");
  await mkdir(input);
  await mkdir(results);
  await writeFile(join(input, "text"), "from trexe\n");
  await copyFile(join(input, "text"), join(input, "other"));
  const words = [
    "trexe",
    `--remote=${server}`,
    "--platform-properties=OSFamily=linux",
    `--input-path=${input}:in`,
    "--output-path=out",
    `--d=${results}`,
    "--",
    "/bin/sh",
    "-c",
    "mkdir out; cat in/text in/other > out/both; ln -s both out/link",
  ];
  await output(root.command(words, [directory], directory), { env: { PATH: "/usr/bin:/bin", HOME: directory } });
  expect(await readFile(join(results, "out", "link"), "utf8")).toBe("from trexe\nfrom trexe\n");
});
