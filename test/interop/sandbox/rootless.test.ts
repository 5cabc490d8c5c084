import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { requireProgram } from "../require-program.ts";

// Builds for somebody who is not root. (Root's tests run them as the user nobody.)

requireProgram(["busybox", "true"], "busybox-static");
requireProgram(["crun", "--version"], "crun");

interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly outputs: number;
}

const program = fileURLToPath(new URL("rootless.ts", import.meta.url));
const asNobody = process.getuid?.() === 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : ["env"];

it("runs actions as user 1000 of group 100 who own their working directory and cannot change inputs", () => {
  const scripts = [
    "id -u; id -g; pwd; touch x && stat -c %u x; echo $$",
    "echo hello > ../nix/store/out",
    "echo q > /nix/store/data/f; touch /nix/store/data/x; chmod 777 /nix/store/data/f; cat /nix/store/data/f; ls /nix/store/data",
    "ls -1 /dev | tr '\\n' ' '; exit 3",
  ];
  const [command, ...before] = asNobody;
  const argv = [...before, process.execPath, "--experimental-strip-types", "--no-warnings", program, ...scripts];
  const text = execFileSync(command!, argv, { encoding: "utf8", env: { ...process.env, HOME: "/" } });
  const { home, ended } = JSON.parse(text) as { home: string; ended: Ended[] };
  const [identity, output, writes, devices] = ended;
  expect(identity).toEqual({ exitCode: 0, stdout: "1000\n100\n/build\n1000\n1\n", outputs: 0 });
  expect(output).toEqual({ exitCode: 0, stdout: "", outputs: 1 });
  expect(writes!.stdout).toMatch(/Read-only file system[^]*data\nf\n$/);
  expect(devices!.exitCode).toBe(3);
  expect(devices!.stdout).toMatch(/null .*zero/);
  expect(existsSync(home)).toBe(false);
});
