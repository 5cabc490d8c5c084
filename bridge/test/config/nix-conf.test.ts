import { describe, expect, it } from "vitest";
import { applySetting, buildSettings, parseNixConf } from "#src/config/index.js";

const machine = { system: "x86_64-linux", processors: 8 };
const settingsOf = (text: string) => buildSettings(parseNixConf(text), machine);

describe("parseNixConf", () => {
  it("reads names and values, and leaves comments and includes out", () => {
    const text =
      "# a comment\nsandbox = true # another\n\n!include other.conf\nsubstituters =\nsystem-features = kvm   big-parallel\n";
    expect([...parseNixConf(text)]).toEqual([
      ["sandbox", "true"],
      ["substituters", ""],
      ["system-features", "kvm big-parallel"],
    ]);
  });

  it("adds to a list with extra-", () => {
    const base = parseNixConf("extra-platforms = i686-linux");
    expect(parseNixConf("extra-extra-platforms = armv7l-linux", base).get("extra-platforms")).toBe(
      "i686-linux armv7l-linux",
    );
  });

  it("names the line that it cannot read", () => {
    expect(() => parseNixConf("cores = 2\nnonsense\n")).toThrow("line 2");
  });
});

describe("buildSettings", () => {
  it("pins what would make equal builds differ between machines", () => {
    expect(settingsOf("").cores).toBe(4);
    expect(settingsOf("cores = 7").cores).toBe(7);
  });

  it("gives times in milliseconds", () => {
    expect(settingsOf("timeout = 3\nmax-silent-time = 4")).toMatchObject({ timeoutMs: 3000, maxSilentMs: 4000 });
  });

  it("takes the shell from sandbox-paths, and refuses other paths", () => {
    expect(settingsOf("sandbox-paths = /bin/sh=/bin/busybox").sandboxShell).toBe("/bin/busybox");
    expect(() => settingsOf("sandbox-paths = /usr")).toThrow("'/usr' cannot be given to builds");
  });

  it("puts the machine's system first", () => {
    expect(settingsOf("extra-platforms = i686-linux").systems).toEqual(["x86_64-linux", "i686-linux"]);
  });

  it.each(["cores = many", "keep-going = perhaps", "timeout = -1"])("refuses '%s' by name", (text) => {
    expect(() => settingsOf(text)).toThrow(text.split(" ")[0]);
  });

  it("takes --option over what files say", () => {
    const raw = parseNixConf("max-jobs = 1");
    applySetting(raw, "max-jobs", "auto");
    expect(buildSettings(raw, machine).maxJobs).toBe(8);
  });
});
