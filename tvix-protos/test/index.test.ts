import { describe, expect, it } from "vitest";
import { describeSnixStreamingBuild, describeTvix, loadSnixStreamingBuild, loadTvix } from "#src/index.js";

const EMPTY = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
const WITH_KEEP = "8b5b5d642b646bb8ed504b0862c39413e87e57491497de7bd075953f7b83810e";
const TARGET = Buffer.from("/nix/store/somewhereelse").toString("hex");

/** The directories of the projects' own fixtures, as they encode them. */
const directories = {
  "an empty directory": "",
  "a file .keep": `12290a052e6b6565701220${EMPTY}`,
  "a directory": `0a250a01611220${EMPTY}`,
  "all three kinds": `0a2a0a046b6565701220${WITH_KEEP}180212290a052e6b6565701220${EMPTY}1a1e0a0261611218${TARGET}`,
};
const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");

describe.each(["tvix", "snix"] as const)("castore messages of %s", (dialect) => {
  it.each(Object.entries(directories))("keep the bytes of a Directory with %s", async (_, canonical) => {
    const directory = (await loadTvix()).get(`${dialect}.castore.v1.Directory`);
    const decoded = directory.deserialize(bytes(canonical));
    expect(directory.serialize(decoded).toString("hex")).toBe(canonical);
  });
});

describe("castore messages", () => {
  it("decode field by field", async () => {
    const directory = (await loadTvix()).get("snix.castore.v1.Directory");
    expect(directory.deserialize(bytes(directories["all three kinds"]))).toEqual({
      directories: [{ name: Buffer.from("keep"), digest: bytes(WITH_KEEP), size: "2" }],
      files: [{ name: Buffer.from(".keep"), digest: bytes(EMPTY) }],
      symlinks: [{ name: Buffer.from("aa"), target: Buffer.from("/nix/store/somewhereelse") }],
    });
  });

  it("read the anonymous entries of NAR addresses in either dialect", async () => {
    const { get } = await loadTvix();
    const symlink = Buffer.from("GhoSGC9uaXgvc3RvcmUvc29tZXdoZXJlZWxzZQ", "base64url");
    const target = { target: Buffer.from("/nix/store/somewhereelse") };
    expect(get("snix.castore.v1.Entry").deserialize(symlink)).toEqual({ entry: "symlink", symlink: target });
    expect(get("tvix.castore.v1.Node").deserialize(symlink)).toEqual({ node: "symlink", symlink: target });
    const file = Buffer.from("EiQSIFyngVrctITpoTbBHv5pwdUwF21Um10Y0DjrUoC0s0cMGAw", "base64url");
    const digest = bytes("5ca7815adcb484e9a136c11efe69c1d530176d549b5d18d038eb5280b4b3470c");
    expect(get("snix.castore.v1.Entry").deserialize(file)).toEqual({ entry: "file", file: { digest, size: "12" } });
  });

  it("carry sizes up to 2^64 - 1 exactly", async () => {
    const entry = (await loadTvix()).get("snix.castore.v1.FileEntry");
    const size = "18446744073709551615";
    expect(entry.deserialize(entry.serialize({ size }))).toEqual({ size });
  });

  it("keep names that are not UTF-8", async () => {
    const entry = (await loadTvix()).get("tvix.castore.v1.FileNode");
    const name = bytes("ff00fe");
    expect(entry.deserialize(entry.serialize({ name }))).toEqual({ name });
  });
});

describe("the answers of DoBuild", () => {
  const symlink = { target: Buffer.from("a") };
  // Entry or Node with the symlink alone: field 3, and in it field 2.
  const entry = "1a03120161";

  it("differ on the wire between Tvix and Snix", async () => {
    const { get } = await loadTvix();
    const tvix = get("tvix.build.v1.Build").serialize({
      outputs: [{ symlink }],
      outputsNeedles: [{ needles: [0, 2] }],
    });
    const snix = get("snix.build.v1.BuildResponse").serialize({ outputs: [{ output: { symlink }, needles: [0, 2] }] });
    expect(tvix.toString("hex")).toBe(`1205${entry}1a040a020002`);
    expect(snix.toString("hex")).toBe(`0a0b0a05${entry}12020002`);
  });

  it("are a stream of updates in newer Snix, under the same path", async () => {
    const unary = (await loadTvix()).get("snix.build.v1.BuildService").DoBuild;
    const streaming = (await loadSnixStreamingBuild()).get("snix.build.v1.BuildService").DoBuild;
    expect([unary.path, unary.responseStream]).toEqual(["/snix.build.v1.BuildService/DoBuild", false]);
    expect([streaming.path, streaming.responseStream]).toEqual(["/snix.build.v1.BuildService/DoBuild", true]);
    const produced = { producedOutput: { entry: { symlink }, idx: 1, needles: [0, 2] } };
    expect(streaming.responseSerialize(produced).toString("hex")).toBe(`0a0d0a05${entry}10011a020002`);
    const missing = { buildFailure: { missingOutput: { output: "o" } } };
    expect(streaming.responseSerialize(missing).toString("hex")).toBe("2205120332016f");
    expect(streaming.responseDeserialize(bytes("1a030a0161"))).toEqual({
      kind: "producedStderr",
      producedStderr: { chunk: Buffer.from("a") },
    });
  });
});

describe("services", () => {
  it("stream where the protocol streams, and are called alike in both dialects", async () => {
    const { get } = await loadTvix();
    for (const dialect of ["tvix", "snix"] as const) {
      const services = [
        get(`${dialect}.castore.v1.BlobService`),
        get(`${dialect}.castore.v1.DirectoryService`),
        get(`${dialect}.store.v1.PathInfoService`),
        get(`${dialect}.build.v1.BuildService`),
      ];
      expect(services.flatMap(kinds)).toEqual([
        `/${dialect}.castore.v1.BlobService/Stat`,
        `/${dialect}.castore.v1.BlobService/Read answers`,
        `/${dialect}.castore.v1.BlobService/Put requests`,
        `/${dialect}.castore.v1.DirectoryService/Get answers`,
        `/${dialect}.castore.v1.DirectoryService/Put requests`,
        `/${dialect}.store.v1.PathInfoService/Get`,
        `/${dialect}.store.v1.PathInfoService/Put`,
        `/${dialect}.store.v1.PathInfoService/CalculateNAR`,
        `/${dialect}.store.v1.PathInfoService/List answers`,
        `/${dialect}.build.v1.BuildService/DoBuild`,
      ]);
    }
    expect([get("snix.castore.v1.BlobStoreService"), get("snix.castore.v1.ChunkStoreService")].flatMap(kinds)).toEqual([
      "/snix.castore.v1.BlobStoreService/StatBlob",
      "/snix.castore.v1.BlobStoreService/GetBlob",
      "/snix.castore.v1.BlobStoreService/PutBlob",
      "/snix.castore.v1.ChunkStoreService/StatChunk",
      "/snix.castore.v1.ChunkStoreService/GetChunk answers",
      "/snix.castore.v1.ChunkStoreService/PutChunk requests",
    ]);
  });

  it("are described with what they use", async () => {
    expect((await describeTvix()).length).toBe(17);
    expect((await describeSnixStreamingBuild()).map(({ name }) => name)).toEqual([
      "snix/castore/protos/castore.proto",
      "snix/build/protos/build.proto",
      "snix/build/protos/rpc_build_streaming.proto",
    ]);
  });
});

function kinds(service: object): readonly string[] {
  const methods = Object.values(service) as { path: string; requestStream: boolean; responseStream: boolean }[];
  return methods.map(
    ({ path, requestStream, responseStream }) =>
      `${path}${requestStream ? " requests" : ""}${responseStream ? " answers" : ""}`,
  );
}
