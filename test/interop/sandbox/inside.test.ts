import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { findRuntime, probeRuntimes } from "@causeway/executor";
import { openSandbox, type Sandbox } from "./open-sandbox.ts";
import { requireProgram } from "../require-program.ts";

// What a builder sees from inside, with each OCI runtime.

requireProgram(["busybox", "true"], "busybox-static");
requireProgram(["crun", "--version"], "crun");
requireProgram(["runc", "--version"], "runc");

it("finds both runtimes, the faster one first", async () => {
  expect((await probeRuntimes()).map(({ name }) => name)).toEqual(["crun", "runc"]);
});

describe.each(["crun", "runc"] as const)("inside a sandbox of %s", (name) => {
  let sandbox: Sandbox;
  /** Trees and single files that are kept for other actions. */
  const kept = (): string[] =>
    readdirSync(sandbox.treesDirectory).flatMap((boot) =>
      readdirSync(join(sandbox.treesDirectory, boot)).map((tree) => join(sandbox.treesDirectory, boot, tree)),
    );
  const out = async (script: string, parts: Parameters<Sandbox["run"]>[1] = {}): Promise<string> =>
    (await sandbox.run(script, parts)).stdout;

  beforeAll(async () => {
    sandbox = await openSandbox({ runtime: await findRuntime(name) });
  });
  afterAll(() => sandbox[Symbol.asyncDispose]());

  it("is user 1000 of group 100 and of no other", async () => {
    expect(await out("id -u; id -g; id -G")).toBe("1000\n100\n100\n");
  });

  it("takes other ids from the platform", async () => {
    expect(await out("id -u; id -g", { platform: { unixUID: "1234", unixGID: "77" } })).toBe("1234\n77\n");
  });

  it("maps the builder and the root of the setup, and nobody else", async () => {
    const lines = (await out("cat /proc/self/uid_map")).trim().split("\n");
    expect(lines.map((line) => line.trim().split(/\s+/)).map(([inside, , size]) => [inside, size])).toEqual([
      ["0", "1"],
      ["1000", "1"],
    ]);
  });

  it("has the devices of a Nix build and leaves the host's alone", async () => {
    const before = lstatSync("/dev/null");
    const listing = (await out("ls -1 /dev")).trim().split("\n");
    expect(listing).toEqual(
      expect.arrayContaining(["full", "null", "ptmx", "pts", "random", "shm", "tty", "urandom", "zero"]),
    );
    expect(listing).toEqual(expect.arrayContaining(["fd", "stdin", "stdout", "stderr"]));
    expect(listing).not.toContain("kvm");
    const after = lstatSync("/dev/null");
    expect([after.uid, after.gid, after.mode]).toEqual([before.uid, before.gid, before.mode]);
    expect(after.uid).toBe(0);
  });

  it("can use its devices", async () => {
    expect(await out("echo x > /dev/null && head -c 3 /dev/zero | wc -c; echo y > /dev/full || echo full")).toMatch(
      /^3\n[^]*full\n$/,
    );
  });

  it("reads nothing from standard input", async () => {
    expect(await out("cat; echo $?")).toBe("0\n");
  });

  it("has a loopback interface that is up, and no other", async () => {
    expect(await out("ls /sys/class/net 2>/dev/null; cat /proc/net/dev | tail -n +3 | cut -d: -f1 | tr -d ' '")).toBe(
      "lo\n",
    );
    expect(await out("nc -l -p 7 -s 127.0.0.1 -w 1 2>&1; ping -c1 -W1 127.0.0.1 2>&1 | head -1")).toMatch(/./);
    expect(await out("ifconfig lo")).toMatch(/UP LOOPBACK RUNNING/);
  });

  it("has the environment of the command and nothing else", async () => {
    const environment = { B: "2 \"'$x\n3", A: "", PATH: "/none", HOME: "/homeless" };
    const text = await out("cat /proc/1/environ; :", { environment });
    const entries = text.split("\0").filter((entry) => entry !== "");
    expect(entries.sort()).toEqual(["A=", "B=2 \"'$x\n3", "HOME=/homeless", "PATH=/none"]);
  });

  it("has arguments and variables of any bytes but NUL", async () => {
    const every = String.fromCharCode(...Array.from({ length: 255 }, (_, i) => i + 1));
    const parts = {
      arguments: ["/bin/sh", "-c", 'cat /proc/1/cmdline; echo; cat /proc/1/environ; : "$@"', "sh", every, "a'b", ""],
      environment: { ODD: every, "caf\xe9": "1" },
    };
    const text = await out("", parts);
    expect(text).toBe(`${parts.arguments.join("\0")}\0\nODD=${every}\0caf\xe9=1\0`);
    expect(await out("", { ...parts, arguments: ["/bin/none", every] })).toBe(
      "error: executing '/bin/none': No such file or directory\n",
    );
  });

  it("is called by its path, or by its base name when asked to", async () => {
    const script = "tr '\\0' ' ' < /proc/1/cmdline | cut -d' ' -f1; :";
    expect(await out(script)).toBe("/bin/sh\n");
    expect(await out(script, { platform: { argv0: "basename" } })).toBe("sh\n");
  });

  it("looks for a program without a slash in its own PATH", async () => {
    const parts = { arguments: ["sh", "-c", "echo found"], environment: { PATH: "/none:/bin" } };
    expect(await out("", parts)).toBe("found\n");
    expect(await out("", { ...parts, environment: { PATH: "/none" } })).toBe(
      "error: executing 'sh': No such file or directory\n",
    );
  });

  it("has nothing of the program that started it", async () => {
    expect(await out("ls /proc/1/fd; readlink /proc/1/exe; ls -a /dev | grep '^\\.[^.]'")).toBe("0\n1\n2\n/bin/sh\n");
    expect(await out("grep -c launch /proc/1/maps /proc/1/mountinfo; grep -E '^SigBlk' /proc/1/status")).toBe(
      "/proc/1/maps:0\n/proc/1/mountinfo:0\nSigBlk:\t0000000000000000\n",
    );
  });

  it("cannot write to that program, even where it is its own interpreter", async () => {
    const own = { i: { executable: "#!/proc/self/exe launch\n" } };
    const ran = await sandbox.run("", {
      arguments: ["/nix/store/own/i"],
      inputs: { own },
      platform: { inputs: "writable" },
    });
    expect([ran.exitCode, ran.stdout]).toEqual([2, "causeway-helper is not for people: causeway starts it\n"]);
  });

  it("writes to a terminal in raw mode when asked to, which is not its controlling one", async () => {
    const platform = { terminal: "on" };
    const script =
      "for i in 0 1 2; do test -t $i && echo $i >> f; done; cat f; stty -a <&2 2> /dev/null | grep -o -- '-opost'; (: > /dev/tty) || echo none";
    expect(await out(script, { platform })).toMatch(/^1\n2\n-opost\n.*\nnone\n$/);
    expect(await out(script)).not.toContain("1\n");
    expect(await out("echo a; echo b >&2; echo c > /dev/stderr; echo d > /dev/stdout; echo e", { platform })).toBe(
      "a\nb\nc\nd\ne\n",
    );
  });

  it("loses nothing of what it writes to a terminal", async () => {
    const script =
      "i=0; while [ $i -lt 1000 ]; do head -c 1000 /dev/zero | tr '\\0' x; echo; i=$((i+1)); done; printf '\\004\\r\\377end'";
    const text = await out(script, { platform: { terminal: "on" } });
    expect(text.length).toBe(1000 * 1001 + 6);
    expect(text.endsWith("x\n\x04\r\xffend")).toBe(true);
    expect(text).toBe(`${`${"x".repeat(1000)}\n`.repeat(1000)}\x04\r\xffend`);
  });

  it("ends with its first process, whoever holds the terminal", async () => {
    const script = "(trap '' HUP; sleep 1000) & setsid sleep 1000 & exec echo done";
    expect(await out(script, { platform: { terminal: "on" }, environment: { PATH: "/bin" } })).toBe("done\n");
    expect((await sandbox.run("exec > /dev/null 2>&1; exit 7", { platform: { terminal: "on" } })).exitCode).toBe(7);
  });

  it("has umask 022, the working directory and a host name as under Nix", async () => {
    expect(await out("umask; pwd; hostname; cat /proc/sys/kernel/domainname")).toBe(
      "0022\n/build\nlocalhost\n(none)\n",
    );
  });

  it("has no address randomisation", async () => {
    expect(await out("cat /proc/self/personality 2>&1")).toBe("00040000\n");
  });

  it("holds no capabilities, gains no privileges and is under seccomp", async () => {
    const status = await out("cat /proc/self/status");
    const field = (key: string): string | undefined => new RegExp(`^${key}:\\s*(.*)$`, "m").exec(status)?.[1];
    expect(field("CapEff")).toBe("0000000000000000");
    expect(field("CapPrm")).toBe("0000000000000000");
    expect(field("CapInh")).toBe("0000000000000000");
    expect(field("CapAmb")).toBe("0000000000000000");
    expect(field("CapBnd")).toBe("000001ffffffffff");
    expect(field("NoNewPrivs")).toBe("1");
    expect(field("Seccomp")).toBe("2");
  });

  it("is process 1 and sees no other", async () => {
    expect(await out("echo $$; cd /proc; echo [0-9]*")).toBe("1\n1\n");
  });

  it("writes no core files, and could not raise what the host forbids", async () => {
    expect(await out("ulimit -Sc")).toBe("0\n");
    const hard = /^Max core file size\s+\S+\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8"))![1];
    expect(await out("sed -n 's/^Max core file size  *[^ ]*  *\\([^ ]*\\).*/\\1/p' /proc/self/limits")).toBe(
      `${hard}\n`,
    );
  });

  it("finds modes and owners as Nix sets them", async () => {
    const listing = await out(
      "stat -c '%a %u %g %n' / /build /tmp /nix/store /nix/store/data /nix/store/data/f /bin/sh",
    );
    expect(listing.split("\n")).toEqual([
      "750 0 100 /",
      "700 1000 100 /build",
      "1777 65534 65534 /tmp",
      "1775 65534 100 /nix/store",
      "555 65534 65534 /nix/store/data",
      "444 65534 65534 /nix/store/data/f",
      "755 65534 65534 /bin/sh",
      "",
    ]);
  });

  it("finds inputs of the first second of the epoch", async () => {
    expect(await out("stat -c %Y /nix/store/data /nix/store/data/f")).toBe("1\n1\n");
  });

  it.each(["chmod u+s", "chmod g+s", "chmod 6755"])("may not make a file setuid or setgid: %s", async (command) => {
    const text = await out(`touch x; ${command} x || stat -c %a x`);
    expect(text).toContain("Operation not permitted");
    expect(text).toMatch(/^644$/m);
  });

  it("is refused what it writes to inputs, and the shared tree stays", async () => {
    const attempts = ["touch x", "echo q > f", "chmod 777 f", "rm -f f", "mv f g", "ln f g"];
    const text = await out(
      `cd /nix/store/data; for c in ${attempts.map((c) => `'${c}'`).join(" ")}; do eval "$c" 2>&1 && echo DONE; done`,
    );
    expect(text).not.toContain("DONE");
    expect(text).toContain("touch: x: Permission denied");
    const trees = kept().filter((tree) => lstatSync(tree).isDirectory());
    expect(trees.length).toBeGreaterThan(0);
    for (const tree of trees) {
      expect(readdirSync(tree)).toEqual(["f"]);
      expect(readFileSync(join(tree, "f"), "utf8")).toBe("data\n");
      expect(lstatSync(join(tree, "f")).mode & 0o7777).toBe(0o444);
    }
  });

  it("shares a single file with all actions, however small, and may not change it", async () => {
    const inputs = { data: { f: "data\n" }, single: "single\n", program: { executable: "#!/bin/sh\n" } };
    const look = "cd /nix/store; stat -c '%h %a %u %Y %n' single program; cat single";
    const attempts = ["echo q > single", "chmod 777 single", "touch single", "ln single x", "mv single x"];
    const text = await out(
      `${look}; for c in ${attempts.map((c) => `'${c}'`).join(" ")}; do eval "$c" 2>&1 && echo DONE; done`,
      { inputs },
    );
    expect(text).not.toContain("DONE");
    // The copy that is kept, and the link to it.
    const expected = "2 444 65534 1 single\n2 555 65534 1 program\nsingle\n";
    expect(text.slice(0, expected.length)).toBe(expected);
    // The root of an action, with its links, goes after the action has been answered.
    const files = kept().filter((tree) => lstatSync(tree).isFile());
    expect(files.length).toBeGreaterThanOrEqual(2);
    await vi.waitFor(() => expect(files.filter((file) => lstatSync(file).nlink > 1)).toEqual([]), { timeout: 10_000 });
    expect(await out(`${look} # again`, { inputs })).toBe(expected);
  });

  it("can move neither an input nor what is mounted out of its place", async () => {
    expect(await out("mv /nix/store/data /nix/store/data2 2>&1; ls /nix/store")).toMatch(/data\n$/);
  });

  it("reopens its standard streams by their names", async () => {
    expect(await out("echo a > /dev/stderr; echo b > /dev/stdout; echo c > /proc/self/fd/2")).toBe("a\nb\nc\n");
  });

  it("keeps the order of both streams when they are one", async () => {
    expect(await out("for i in 1 2 3; do echo o$i; echo e$i >&2; done")).toBe("o1\ne1\no2\ne2\no3\ne3\n");
  });

  it("keeps the streams apart when asked to", async () => {
    const ran = await sandbox.run("echo o; echo e >&2", { platform: { stderr: "stderr" } });
    expect([ran.stdout, ran.stderr]).toEqual(["o\n", "e\n"]);
  });

  it("sees the host's files for finding names only with a network", async () => {
    expect(await out("ls /etc")).toBe("");
    const resolv = readFileSync("/etc/resolv.conf", "latin1");
    expect(await out("cat /etc/resolv.conf", { platform: { network: "on" } })).toBe(resolv);
    expect(await out("echo x > /etc/resolv.conf", { platform: { network: "on" } })).toMatch(
      /Permission denied|Read-only/,
    );
    expect(readFileSync("/etc/resolv.conf", "latin1")).toBe(resolv);
  });

  it("owns its inputs when they are writable, and each action its own", async () => {
    const platform = { inputs: "writable" };
    const script =
      "echo more >> ../nix/store/data/f; cat ../nix/store/data/f; touch ../new; stat -c %u ../nix/store/data";
    expect(await out(script, { platform })).toBe("data\nmore\n1000\n");
    expect(await out(`${script} `, { platform })).toBe("data\nmore\n1000\n");
  });
});
