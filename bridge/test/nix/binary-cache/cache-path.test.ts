import { describe, expect, it } from "vitest";
import { parseCachePath } from "#src/nix/binary-cache/cache-path.js";

const HASH_PART = "7fqqm7prxw0519g4l86i988qlcx6a9i3";
/** SHA-256 of nothing. */
const EMPTY = {
  base32: "0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73",
  hex: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
};
const DRV = `${HASH_PART}-program.drv`;

describe("paths of a binary cache", () => {
  it("are those of Nix", () => {
    expect(parseCachePath("/nix-cache-info")).toEqual({ kind: "info" });
    expect(parseCachePath(`/${HASH_PART}.narinfo`)).toEqual({ kind: "narinfo", hashPart: HASH_PART });
    expect(parseCachePath(`/${HASH_PART}.ls`)).toEqual({ kind: "listing", hashPart: HASH_PART });
    expect(parseCachePath(`/nar/${EMPTY.base32}.nar.xz`)).toEqual({
      ...{ kind: "packed", url: `nar/${EMPTY.base32}.nar.xz`, fileHash: EMPTY.hex, suffix: ".xz" },
    });
    expect(parseCachePath(`/nar/${EMPTY.base32}.nar`)).toMatchObject({ kind: "packed", suffix: "" });
    expect(parseCachePath(`/log/${DRV}`)).toEqual({ kind: "log", drvPath: DRV });
    const id = `sha256:${EMPTY.hex}!out`;
    expect(parseCachePath(`/realisations/${id}.doi`)).toEqual({ kind: "realisation", id });
    expect(parseCachePath(`/build-trace-v2/${DRV}/dev.doi`)).toEqual({ kind: "trace", drvPath: DRV, output: "dev" });
    const buildId = "0123456789abcdef0123456789abcdef01234567";
    expect(parseCachePath(`/debuginfo/${buildId}`)).toEqual({ kind: "debuginfo", buildId });
    expect(parseCachePath(`/debuginfo/${buildId}.debug`)).toEqual({ kind: "debuginfo", buildId });
  });

  it("are ours", () => {
    const path = `/nar/${HASH_PART}-${EMPTY.base32}.nar`;
    const archive = { kind: "archive", hashPart: HASH_PART, narHash: EMPTY.hex };
    expect(parseCachePath(path)).toEqual({ ...archive, isPacked: false });
    expect(parseCachePath(`${path}.zst`)).toEqual({ ...archive, isPacked: true });
  });

  it("are those of nar-bridge, with the nodes of its fixtures", () => {
    const entry = "GhoSGC9uaXgvc3RvcmUvc29tZXdoZXJlZWxzZQ";
    const node = { type: "symlink", target: "/nix/store/somewhereelse" };
    for (const name of ["snix", "tvix"])
      expect(parseCachePath(`/nar/${name}-castore/${entry}`)).toEqual({ kind: "castore", node });
    expect(parseCachePath("/nar/snix-castore/EiQSIFyngVrctITpoTbBHv5pwdUwF21Um10Y0DjrUoC0s0cMGAw")).toMatchObject({
      node: { type: "file", size: 12, executable: false },
    });
  });

  it.each([
    "/",
    "/nix-cache-info/",
    `/${HASH_PART}`,
    `/${HASH_PART}.narinfo/x`,
    `/x${HASH_PART}.narinfo`,
    `/${HASH_PART.replace("7", "e")}.narinfo`,
    `/nar/../${HASH_PART}.narinfo`,
    `/nar/z${EMPTY.base32.slice(1)}.nar`,
    `/nar/${EMPTY.base32}.nar/../../x`,
    `/nar/${EMPTY.base32}.nar.`,
    "/nar/snix-castore/AAAA",
    "/nar/snix-castore/",
    `/log/${HASH_PART}-program`,
    `/log/../${DRV}`,
    `/log/${DRV}/x`,
    `/realisations/sha256:${EMPTY.hex}!../x.doi`,
    `/realisations/md5:${EMPTY.hex}!out.doi`,
    `/build-trace-v2/${HASH_PART}-x/out.doi`,
    `/build-trace-v2/${DRV}/a/b.doi`,
    "/debuginfo/xyz",
    "/ac/0",
  ])("are no others: %s", (path) => {
    expect(parseCachePath(path)).toBeUndefined();
  });
});
