import { describe, expect, it } from "vitest";
import { hashBytes } from "#src/digest/index.js";
import { NAR_DEPTH_MAX, NarDecoder, NarError, byteStringFrom, encodeNar, type NarEvent } from "#src/formats/index.js";
import { directory, encoded, end, entry, file, fixture, fixtureNames, joined, raw, symlink, words } from "./helpers.js";

const complicated: NarEvent[] = [
  directory,
  entry(".keep"),
  ...file(""),
  entry("aa"),
  symlink("/nix/store/somewhereelse"),
  entry("keep"),
  directory,
  entry(".keep"),
  ...file(""),
  end,
  end,
];
const latin1 = (...bytes: number[]) => byteStringFrom(Buffer.from(bytes));
const bytes: NarEvent[] = [
  directory,
  { type: "entry", name: latin1(1) },
  { type: "symlink", target: latin1(0xff, 0xfe) },
  entry("exe"),
  ...file("", true),
  { type: "entry", name: raw("latin1-\xe4") },
  ...file("x"),
  { type: "entry", name: raw("utf8-\xc3\xa4") },
  ...file("y"),
  end,
];
const deep: NarEvent[] = [
  directory,
  ...Array.from({ length: 40 }, (_, i) => [entry(`d${String(i + 1)}`), directory]).flat(),
  entry("leaf"),
  ...file("end"),
  ...Array<NarEvent>(41).fill(end),
];

function decode(archive: Uint8Array): NarEvent[] {
  const decoder = new NarDecoder();
  const events = decoder.push(archive);
  decoder.end();
  return events;
}

function failure(run: () => unknown): NarError {
  try {
    run();
  } catch (reason) {
    if (reason instanceof NarError) return reason;
    throw reason;
  }
  throw new Error("did not throw");
}

describe("an archive that Nix wrote", () => {
  it.each<[string, NarEvent[], string | undefined, number]>([
    [
      "symlink",
      [symlink("/nix/store/somewhereelse")],
      "097d397e9b5826384eaa16c457715d1c1a51670313ead0f58566e0b232539cf1",
      136,
    ],
    ["helloworld", file("Hello World!"), "03e7f63be30b065d78bcf615f5473545fdb4eb69aa416f43495b4e05cdfb8040", 128],
    ["complicated", complicated, "ebd52279a8df024c9fd5718de4103bf5e760dc7f2cf49044ee7dea87ab16911a", 840],
    ["emptydirectory", [directory, end], "a50a5ab6d992f5598edd92105059fae9acfc192981e08bd88534c2167e92526a", 96],
    ["onebyteregular", file("\x01"), "730850a811259dbf3a68dc2ee87a79aa6cae9f71375edf396f9d7a91fbe9134d", 120],
    ["emptyfile", file(""), undefined, 112],
    ["executable", file("#!/bin/sh\necho hi\n", true), undefined, 168],
    ["bytes", bytes, undefined, 888],
    ["deep", deep, undefined, 7008],
  ])("of the tree %s is read and written alike", (name, events, sha256, size) => {
    const archive = fixture(name);
    expect(decode(archive)).toEqual(events);
    const written = encoded(events);
    expect(written).toEqual(archive);
    expect(written.byteLength).toBe(size);
    if (sha256 !== undefined) expect(hashBytes("sha256", written)).toBe(sha256);
  });

  it.each(fixtureNames)("of the tree %s may come byte by byte, and may not end early", (name) => {
    const archive = fixture(name);
    const decoder = new NarDecoder();
    const events: NarEvent[] = [];
    for (let i = 0; i < archive.byteLength; i++) {
      expect(decoder.isDone).toBe(false);
      expect(failure(() => decoder.end()).offset).toBe(i);
      events.push(...joined(decoder.push(archive.subarray(i, i + 1))));
    }
    decoder.end();
    expect(decoder.isDone).toBe(true);
    expect(joined(events)).toEqual(decode(archive));
  });
});

describe("the decoder", () => {
  const node = (...body: (string | Uint8Array)[]): Buffer => words("nix-archive-1", "(", "type", ...body, ")");
  const child = (name: string, ...body: string[]): string[] => [
    "entry",
    "(",
    "name",
    name,
    "node",
    "(",
    "type",
    ...body,
    ")",
    ")",
  ];

  it("takes an empty file without contents, as it takes one with", () => {
    expect(decode(node("regular"))).toEqual(file(""));
    expect(decode(node("regular", "contents", ""))).toEqual(file(""));
    expect(decode(node("regular", "executable", ""))).toEqual(file("", true));
    expect(decode(node("directory", ...child("a", "regular"), ...child("b", "regular", "executable", "")))).toEqual([
      directory,
      entry("a"),
      ...file(""),
      entry("b"),
      ...file("", true),
      end,
    ]);
  });

  it("hands out views of the pieces it is given", () => {
    const archive = fixture("helloworld");
    const contents = decode(archive).find((event) => event.type === "contents");
    expect(contents?.bytes.buffer).toBe(archive.buffer);
  });

  it("keeps what follows the archive, if told so", () => {
    const decoder = new NarDecoder({ stopAtEnd: true });
    const archive = fixture("helloworld");
    expect(decoder.push(archive.subarray(0, 100))).toHaveLength(2);
    expect(decoder.rest.byteLength).toBe(0);
    decoder.push(Buffer.concat([archive.subarray(100), Buffer.from("next")]));
    expect(decoder.isDone).toBe(true);
    expect(Buffer.from(decoder.rest).toString()).toBe("next");
  });

  it("refuses bytes after the archive", () => {
    const archive = fixture("helloworld");
    expect(failure(() => decode(Buffer.concat([archive, Buffer.from([0])])))).toMatchObject({
      offset: 128,
      expected: "the end",
    });
    const decoder = new NarDecoder();
    decoder.push(archive);
    decoder.push(Buffer.alloc(0));
    expect(failure(() => decoder.push(Buffer.from([0]))).offset).toBe(128);
  });

  const long = (size: number): string => "x".repeat(size);
  it.each<[string, Buffer, number]>([
    ["another magic", words("nix-archive-2", "(", "type", "regular", ")"), 0],
    ["an unknown type", node("fifo"), 56],
    ["a type that begins like another", node("directorx"), 72],
    ["executable with a value", node("regular", "executable", "x"), 88],
    ["contents twice", node("regular", "contents", "", "contents", ""), 96],
    ["a missing end", words("nix-archive-1", "(", "type", "regular", "contents", "", "("), 96],
    ["an empty target", node("symlink", "target", ""), 88],
    ["a target of 4096 bytes", node("symlink", "target", long(4096)), 88],
    ["a target with NUL", node("symlink", "target", "a\0b"), 96],
    ["an empty name", node("directory", ...child("", "regular")), 128],
    ["a name of 256 bytes", node("directory", ...child(long(256), "regular")), 128],
    ["the name .", node("directory", ...child(".", "regular")), 136],
    ["the name ..", node("directory", ...child("..", "regular")), 136],
    ["a name with a slash", node("directory", ...child("a/b", "regular")), 136],
    ["a name with NUL", node("directory", ...child("a\0", "regular")), 136],
    ["a name twice", node("directory", ...child("a", "regular"), ...child("a", "regular")), 296],
    ["names that descend", node("directory", ...child("b", "regular"), ...child("a", "regular")), 296],
    ["an entry without a node", node("directory", "entry", "(", "name", "a", ")", ")"), 144],
  ])("refuses %s, and tells where", (_, archive, offset) => {
    expect(failure(() => decode(archive)).offset).toBe(offset);
    // The same whatever the pieces are.
    const decoder = new NarDecoder();
    expect(failure(() => [...archive].forEach((byte) => decoder.push(Uint8Array.of(byte)))).offset).toBe(offset);
  });

  it("refuses padding that is not zero", () => {
    for (const at of [103, 97]) {
      const archive = fixture("onebyteregular");
      archive[at] = 1;
      const error = failure(() => decode(archive));
      expect(error.expected).toBe("zero bytes as padding");
    }
    const link = node("symlink", "target", "abc");
    link[100] = 1;
    expect(failure(() => decode(link)).offset).toBe(99);
  });

  it("refuses sizes that no number holds exactly", () => {
    const archive = fixture("helloworld");
    archive.fill(0xff, 88, 96);
    expect(failure(() => decode(archive)).offset).toBe(88);
  });

  it("takes names of 255 and targets of 4095 bytes", () => {
    const archive = node("directory", ...child(long(255), "symlink", "target", long(4095)));
    expect(decode(archive)).toEqual([directory, entry(long(255)), symlink(long(4095)), end]);
  });

  it("takes directories as deep as a path can be, and no deeper", () => {
    const nested = (depth: number): Buffer => {
      const opening = Array.from({ length: depth - 1 }, () => [
        "entry",
        "(",
        "name",
        "d",
        "node",
        "(",
        "type",
        "directory",
      ]);
      const closing = Array.from({ length: depth - 1 }, () => [")", ")"]);
      return words("nix-archive-1", "(", "type", "directory", ...opening.flat(), ...closing.flat(), ")");
    };
    expect(decode(nested(NAR_DEPTH_MAX))).toHaveLength(3 * NAR_DEPTH_MAX - 1);
    expect(() => decode(nested(NAR_DEPTH_MAX + 1))).toThrow(NarError);
  });
});

describe("the encoder", () => {
  it.each<[string, NarEvent[]]>([
    ["nothing", []],
    ["an end first", [end]],
    ["two roots", [...file(""), ...file("")]],
    ["an open directory", [directory]],
    ["an entry without a node", [directory, entry("a"), end]],
    ["a node without an entry", [directory, ...file("")]],
    ["a name twice", [directory, entry("a"), ...file(""), entry("a"), ...file(""), end]],
    ["names that descend", [directory, entry("b"), ...file(""), entry("a"), ...file(""), end]],
    ["the name ..", [directory, entry(".."), ...file(""), end]],
    ["a name with a slash", [directory, entry("a/b"), ...file(""), end]],
    ["an empty target", [symlink("")]],
    ["a target of 4096 bytes", [symlink("x".repeat(4096))]],
    ["too few contents", [{ type: "file", executable: false, sizeBytes: 1 }, end]],
    [
      "too many contents",
      [{ type: "file", executable: false, sizeBytes: 1 }, { type: "contents", bytes: Buffer.from("ab") }, end],
    ],
    ["a negative size", [{ type: "file", executable: false, sizeBytes: -1 }, end]],
    ["a directory too deep", Array.from({ length: NAR_DEPTH_MAX + 1 }, () => [directory, entry("d")]).flat()],
  ])("refuses %s", (_, events) => {
    expect(() => encoded(events)).toThrow(NarError);
  });

  it("tells where the archive breaks off", () => {
    expect(failure(() => encoded([...file("abc").slice(0, 2), symlink("x")]))).toMatchObject({
      offset: 99,
      expected: "contents or end",
      found: "symlink",
    });
  });

  it("joins small pieces and passes large ones on uncopied", () => {
    const small = Buffer.alloc(100, "s");
    const large = Buffer.alloc(300_001, "l");
    const names = Array.from({ length: 2000 }, (_, i) => `f${String(i).padStart(4, "0")}`);
    const events: NarEvent[] = [directory, ...names.flatMap((name) => [entry(name), ...file(small)])];
    events.push(
      entry("g"),
      { type: "file", executable: false, sizeBytes: large.byteLength },
      { type: "contents", bytes: large },
      end,
      end,
    );
    const chunks = [...encodeNar(events)];
    expect(chunks.filter((chunk) => chunk === large)).toHaveLength(1);
    const at = chunks.indexOf(large);
    expect(chunks.slice(0, at - 1).every((chunk) => chunk.byteLength >= 64 * 1024)).toBe(true);
    expect(joined(decode(Buffer.concat(chunks)))).toEqual(joined(events));
  });

  it("writes contents of any size the same whole and in pieces", () => {
    for (const size of [0, 1, 7, 8, 9, 63, 64, 65, 32_767, 32_768, 32_769, 70_000]) {
      const contents = Buffer.from(Array.from({ length: size }, (_, i) => i % 251));
      const opening: NarEvent = { type: "file", executable: true, sizeBytes: size };
      const pieces: NarEvent[] = [];
      for (let i = 0; i < size; i += 1000) pieces.push({ type: "contents", bytes: contents.subarray(i, i + 1000) });
      const want = words("nix-archive-1", "(", "type", "regular", "executable", "", "contents", contents, ")");
      expect(encoded([opening, ...pieces, end])).toEqual(want);
      expect(encoded([opening, { type: "contents", bytes: contents }, end])).toEqual(want);
    }
  });
});
