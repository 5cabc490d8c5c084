import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { output } from "../nix/run-program.ts";
import { requireProgram } from "../require-program.ts";
import { processesOf } from "../sandbox/processes.ts";
import { INPUT, openPlace, OUTPUT, type Place } from "./open-place.ts";

// The program that goes with builds to plain runners of clusters, as such a runner starts it.

requireProgram(["busybox", "true"], "busybox-static");

let place: Place;
beforeEach(async () => {
  place = await openPlace();
});
afterEach(() => place[Symbol.asyncDispose]());

describe("the helper on a plain runner", () => {
  it("makes the builder the first process of its own, as Nix's user, at a terminal, called by its base name", async () => {
    const script = [
      "id -u; id -g; echo $$; tr '\\0' ' ' </proc/1/cmdline | cut -d' ' -f1",
      "test -t 1 && test -t 2 && echo terminal; test -t 0 || echo no; ls /proc/self/fd | wc -l",
      "grep -c '^Seccomp:.2' /proc/self/status; hostname; ls -ld / /build /nix/store /tmp | cut -c1-10",
      "echo >$out",
    ].join("; ");
    const ended = await place.run(script);
    expect(ended.stdout.split("\n")).toEqual([
      ...["1000", "100", "1", "sh", "terminal", "no", "4", "1", "localhost"],
      ...["drwxr-x---", "drwx------", "drwxrwxr-t", "drwxrwxrwt", ""],
    ]);
    expect(ended.exit).toBe(0);
  });

  it("tells the hash of each output as Nix has it", async () => {
    const ended = await place.run("mkdir $out; echo one >$out/a; chmod +x $out/a; ln -s a $out/b");
    const made = join(place.directory, "root", OUTPUT);
    const hash = (await output(["nix-hash", "--type", "sha256", made])).trim();
    expect(ended.report).toEqual([
      ...["causeway-report 2", "builder exited 0"],
      expect.stringMatching(`^output 0 whole ${hash} \\d+$`),
      "end",
    ]);
  });

  it("sends what clusters change as an archive, and what no archive holds not at all", async () => {
    const outputs = [OUTPUT, `${OUTPUT}-link`, `${OUTPUT}-pipe`];
    const ended = await place.run("echo >$out; ln -s ./x $out-link; mkfifo $out-pipe", { outputs });
    expect(ended.exit).toBe(1);
    expect(ended.report.slice(1, -1).map((line) => line.split(" ").slice(0, 3).join(" "))).toEqual([
      ...["builder exited 0", "output 0 whole", "output 1 packed", "output 2 unsupported"],
    ]);
    expect(readFileSync(join(place.directory, "out/1"), "latin1")).toContain("./x");
    for (const path of outputs.slice(1)) expect(existsSync(join(place.directory, "root", path))).toBe(false);
  });

  it("lets nobody write but into the build, the store and temporary directories", async () => {
    const script = `
      for d in / /bin /etc /dev /nix ${INPUT} /proc/sys/kernel; do true 2>/dev/null >$d/new && echo "$d is writable"; done
      true 2>/dev/null >>${INPUT}/f && echo "an input is writable"
      for d in /build /tmp /dev/shm /nix/store; do true >$d/new || echo "$d is not writable"; done
      chmod 4755 /build/new 2>/dev/null && echo "a file has the bit"
      echo more >>/build/cached; cat /build/cached >$out`;
    const ended = await place.run(script);
    expect([ended.stdout, ended.exit]).toEqual(["", 0]);
    expect(readFileSync(join(place.directory, "root", OUTPUT), "utf8")).toBe("cached\nmore\n");
    // What the worker linked from its cache is as it was.
    expect(readFileSync(join(place.directory, "cached"), "utf8")).toBe("cached\n");
    expect(statSync(join(place.directory, "cached")).mode & 0o777).toBe(0o444);
  });

  it("shows inputs as a Nix store has them, and leaves the worker's files as they were", async () => {
    const cached = join(place.directory, "cached-input");
    const before = statSync(cached);
    const script = `
      cp -a ${INPUT} copy 2>/dev/null; chmod u+w copy/one; echo more >>copy/one; cat copy/same
      find ${INPUT} | sort | while read -r f; do stat -c '%a %Y %F' $f; done; stat -c '%h' ${INPUT}/*; echo >$out`;
    const ended = await place.run(script);
    expect(ended.stdout.split("\n").slice(0, -1)).toEqual([
      ...["cached", "555 1 directory", "444 1 regular file", "444 1 regular file", "444 1 regular file", "1", "1", "1"],
    ]);
    const after = statSync(cached);
    expect([after.mode, after.mtimeMs]).toEqual([before.mode, before.mtimeMs]);
  });

  it("has a network of its own, or the worker's with its files", async () => {
    const script = "ls /sys/class/net 2>/dev/null; cat /proc/net/dev | tail -n +3 | cut -d: -f1; ls /etc; echo >$out";
    expect((await place.run(script)).stdout.split(/\s+/).filter(Boolean)).toEqual(["lo"]);
    await using other = await openPlace();
    const there = ["hosts", "resolv.conf", "services"].filter((name) => existsSync(join("/etc", name)));
    expect((await other.run("ls -1 /etc; echo >$out", { how: "network" })).stdout.split("\n").slice(0, -1)).toEqual(
      there,
    );
  });

  it("carries words that are not UTF-8", async () => {
    const words = ["4", "/bin/sh", "-c", 'printf "%s|%s" "$0" "$v" >$out', "a\xff", `out=${OUTPUT}`, "v=\xe9\n", ""];
    const ended = await place.run("", { words: words.join("\0") });
    expect(ended.exit).toBe(0);
    expect(readFileSync(join(place.directory, "root", OUTPUT), "latin1")).toBe("a\xff|\xe9\n");
  });

  it("hands on all of a long log", async () => {
    const ended = await place.run("seq 1 200000; echo >$out");
    expect(ended.stdout.length).toBe(1288895);
    expect(ended.stdout.endsWith("200000\n")).toBe(true);
  });
});

describe("the helper ends", () => {
  it("a builder that is silent for too long", async () => {
    const ended = await place.run("echo first; sleep 600", { silenceS: 1 });
    expect([ended.exit, ended.stdout, ended.report[1]]).toEqual([1, "first\n", "builder silent 1"]);
    expect(ended.wallMs).toBeLessThan(30_000);
  });

  it("a builder that says too much", async () => {
    const ended = await place.run("while :; do echo 0123456789; done", { logBytes: 10_000 });
    expect([ended.exit, ended.report[1]]).toEqual([1, "builder talkative 10000"]);
    expect(ended.stdout.length).toBeLessThanOrEqual(10_000);
  });

  it("what a builder leaves in the background", async () => {
    const word = `86400.${String(process.pid)}`;
    const ended = await place.run(`setsid sleep ${word} & echo >$out`);
    expect(ended.exit).toBe(0);
    expect(processesOf(word)).toEqual([]);
  });

  it("as the builder does", async () => {
    expect((await place.run("exit 7")).report[1]).toBe("builder exited 7");
    await using other = await openPlace();
    // A signal that a first process does not handle would be ignored.
    const ended = await other.run("(kill -SEGV $(sh -c 'echo $PPID')); exit $?");
    expect([ended.exit, ended.report[1]]).toEqual([139, "builder exited 139"]);
  });

  it("saying why a builder cannot be executed", async () => {
    const words = ["1", "/bin/none", `out=${OUTPUT}`, ""].join("\0");
    const ended = await place.run("", { words });
    expect([ended.exit, ended.stdout]).toEqual([1, "error: executing '/bin/none': No such file or directory\n"]);
    expect(ended.report[1]).toBe("builder refused 2");
  });

  it("with everything below it when it is killed", async () => {
    const word = `86401.${String(process.pid)}`;
    const [program = "", ...args] = place.command(`echo up; sleep ${word}`);
    const child = spawn(program, args, { cwd: place.directory, env: {}, stdio: ["ignore", "pipe", "ignore"] });
    await once(child.stdout, "data");
    const closed = once(child, "close");
    child.kill("SIGKILL");
    await closed;
    await vi.waitFor(() => expect(processesOf(word)).toEqual([]), { timeout: 10_000 });
  });
});
