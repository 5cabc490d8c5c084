import { describe, expect, it } from "vitest";
import { digestBytes, emptyBlob, digestOf, type Digest } from "#src/digest/index.js";
import {
  ReapiError,
  byteStringOf,
  checkPortable,
  decodeAction,
  decodeActionResult,
  decodeCommand,
  decodeExecutedActionMetadata,
  decodeReapiDirectory,
  durationOfMs,
  encodeAction,
  encodeActionResult,
  encodeCommand,
  encodeExecutedActionMetadata,
  encodeReapiDirectory,
  isPortableDirectory,
  msOf,
  timestampOfMs,
  type Action,
  type ActionResult,
  type ByteString,
  type Command,
  type Directory,
  type ExecutedActionMetadata,
} from "#src/formats/index.js";
import { foreign, read } from "./schema.js";

const one = digestBytes("sha256", Buffer.from("one"));
const two = digestBytes("sha256", Buffer.from("two!"));
const empty = digestOf(emptyBlob, "sha256");
/** As protobufjs wants it: it writes defaults too, where they are given. */
const wire = ({ hash, sizeBytes }: Digest): object => (sizeBytes === 0 ? { hash } : { hash, size_bytes: sizeBytes });
const raw = (text: string): ByteString => text as ByteString;
const bytes = (text: string): Buffer => Buffer.from(text, "latin1");
const latin = raw("\xff\xe4");

describe("an Action", () => {
  const action: Action = {
    commandDigest: one,
    inputRootDigest: empty,
    timeoutMs: 1500.25,
    doNotCache: true,
    salt: Buffer.from("salt"),
    platform: [
      { name: "b", value: "2" },
      { name: "a", value: "2" },
      { name: "a", value: "1" },
    ],
  };
  const properties = [
    { name: "a", value: "1" },
    { name: "a", value: "2" },
    { name: "b", value: "2" },
  ];

  it("has the bytes of any protobuf library, with the platform sorted", () => {
    expect(encodeAction(action)).toEqual(
      foreign("Action", {
        command_digest: wire(one),
        input_root_digest: wire(empty),
        timeout: { seconds: 1, nanos: 500_250_000 },
        do_not_cache: true,
        salt: Buffer.from("salt"),
        platform: { properties },
      }),
    );
    expect(decodeAction(encodeAction(action), "sha256")).toEqual({ ...action, platform: properties });
  });

  it("leaves out what is not given, and keeps an empty timeout and platform", () => {
    const small: Action = { commandDigest: one, inputRootDigest: two };
    expect(encodeAction({ ...small, doNotCache: false, salt: Buffer.alloc(0) })).toEqual(
      foreign("Action", { command_digest: wire(one), input_root_digest: wire(two) }),
    );
    expect(decodeAction(encodeAction(small), "sha256")).toEqual(small);
    const present: Action = { ...small, timeoutMs: 0, platform: [] };
    expect(encodeAction(present)).toEqual(
      foreign("Action", { command_digest: wire(one), input_root_digest: wire(two), timeout: {}, platform: {} }),
    );
    expect(decodeAction(encodeAction(present), "sha256")).toEqual(present);
  });

  it("sorts by UTF-8 bytes, where UTF-16 would sort otherwise", () => {
    const platform = ["\u{1F600}", "\uFF5E"].map((name) => ({ name, value: "" }));
    const back = decodeAction(encodeAction({ ...action, platform }), "sha256");
    expect(back.platform?.map(({ name }) => name)).toEqual(["\uFF5E", "\u{1F600}"]);
  });

  it("is refused without digests, with malformed ones, a negative timeout, and bytes that are no message", () => {
    const both = { command_digest: wire(one), input_root_digest: wire(one) };
    const bad: Buffer[] = [
      foreign("Action", { command_digest: wire(one) }),
      foreign("Action", { ...both, command_digest: { hash: one.hash.toUpperCase(), size_bytes: 3 } }),
      foreign("Action", { ...both, command_digest: { hash: one.hash, size_bytes: -3 } }),
      foreign("Action", { ...both, command_digest: { hash: one.hash, size_bytes: 0 } }),
      foreign("Action", { ...both, timeout: { seconds: -1 } }),
      foreign("Action", { ...both, timeout: { seconds: 1, nanos: 1_000_000_000 } }),
      foreign("Action", both).subarray(0, 30),
      Buffer.concat([foreign("Action", both), Buffer.from([0x52, 4, 0x0a, 2, 0x0a, 1])]),
      Buffer.concat([foreign("Action", both), Buffer.from([0x52, 5, 0x0a, 3, 0x0a, 1, 0xff])]),
    ];
    for (const message of bad) expect(() => decodeAction(message, "sha256")).toThrow(ReapiError);
  });
});

describe("a Command", () => {
  const command: Command = {
    arguments: [raw("sh"), raw(""), latin],
    environment: new Map([
      [raw("Z"), raw("")],
      [raw("A"), latin],
    ]),
    outputPaths: [raw("b"), raw("a"), raw("b"), raw("\xc3\xa4")],
    workingDirectory: raw("work"),
    platform: [{ name: "OSFamily", value: "linux" }],
    outputNodeProperties: ["mtime", "a"],
    outputDirectoryFormat: "tree-and-directory",
  };

  it("has the bytes of any protobuf library, in canonical order", () => {
    expect(encodeCommand(command)).toEqual(
      foreign("Command", {
        arguments: [bytes("sh"), bytes(""), bytes("\xff\xe4")],
        environment_variables: [{ name: bytes("A"), value: bytes("\xff\xe4") }, { name: bytes("Z") }],
        platform: { properties: [{ name: "OSFamily", value: "linux" }] },
        working_directory: bytes("work"),
        output_paths: [bytes("a"), bytes("b"), bytes("\xc3\xa4")],
        output_node_properties: ["a", "mtime"],
        output_directory_format: 2,
      }),
    );
    const back = decodeCommand(encodeCommand(command));
    expect(back).toEqual({ ...command, outputPaths: ["a", "b", "\xc3\xa4"], outputNodeProperties: ["a", "mtime"] });
    expect([...back.environment.keys()]).toEqual(["A", "Z"]);
  });

  it("carries the lists of API 2.0, and is empty when nothing is given", () => {
    const old: Command = {
      arguments: [],
      environment: new Map(),
      outputPaths: [],
      outputFiles: [raw("f")],
      outputDirectories: [raw("d")],
    };
    expect(encodeCommand(old)).toEqual(
      foreign("Command", { output_files: [bytes("f")], output_directories: [bytes("d")] }),
    );
    expect(decodeCommand(encodeCommand(old))).toEqual(old);
    expect(encodeCommand({ arguments: [], environment: new Map(), outputPaths: [] })).toHaveLength(0);
  });

  it("is refused with a variable set twice or an unknown format", () => {
    const twice = { environment_variables: [{ name: bytes("A") }, { name: bytes("A") }] };
    expect(() => decodeCommand(foreign("Command", twice))).toThrow(ReapiError);
    expect(() => decodeCommand(foreign("Command", { output_directory_format: 3 }))).toThrow(ReapiError);
  });
});

describe("a Directory", () => {
  const directory: Directory = {
    files: [
      { name: raw("a"), digest: empty, isExecutable: false },
      {
        name: raw("b"),
        digest: two,
        isExecutable: true,
        nodeProperties: { properties: [{ name: "k", value: "v" }], mtimeMs: 1_700_000_000_123.5, unixMode: 0o755 },
      },
    ],
    directories: [{ name: raw("d"), digest: one }],
    symlinks: [{ name: latin, target: raw("../x") }],
    nodeProperties: { properties: [], unixMode: 0 },
  };
  const fields = {
    files: [
      { name: bytes("a"), digest: wire(empty) },
      {
        name: bytes("b"),
        digest: wire(two),
        is_executable: true,
        node_properties: {
          properties: [{ name: "k", value: "v" }],
          mtime: { seconds: 1_700_000_000, nanos: 123_500_000 },
          unix_mode: { value: 0o755 },
        },
      },
    ],
    directories: [{ name: bytes("d"), digest: wire(one) }],
    symlinks: [{ name: bytes("\xff\xe4"), target: bytes("../x") }],
    node_properties: { unix_mode: {} },
  };

  it("has the bytes of any protobuf library", () => {
    expect(encodeReapiDirectory(directory)).toEqual(foreign("Directory", fields));
    expect(decodeReapiDirectory(foreign("Directory", fields), "sha256")).toEqual(directory);
    expect(encodeReapiDirectory({ files: [], directories: [], symlinks: [] })).toHaveLength(0);
  });

  it("is sorted by the encoder, and by the decoder unless it is strict", () => {
    const unsorted: Directory = { ...directory, files: [...directory.files].reverse() };
    expect(encodeReapiDirectory(unsorted)).toEqual(foreign("Directory", fields));
    const message = foreign("Directory", { ...fields, files: [...fields.files].reverse() });
    expect(decodeReapiDirectory(message, "sha256")).toEqual(directory);
    expect(() => decodeReapiDirectory(message, "sha256", { strictOrder: true })).toThrow(ReapiError);
    expect(decodeReapiDirectory(foreign("Directory", fields), "sha256", { strictOrder: true })).toEqual(directory);
  });

  it.each(["", ".", "..", "a/b", "a\0", "x".repeat(256)])("may have no child named %j", (name) => {
    const file = { name: raw(name), digest: one, isExecutable: false };
    expect(() => encodeReapiDirectory({ files: [file], directories: [], symlinks: [] })).toThrow(ReapiError);
    const message = foreign("Directory", { directories: [{ name: bytes(name), digest: wire(one) }] });
    expect(() => decodeReapiDirectory(message, "sha256")).toThrow(ReapiError);
  });

  it("may have no name twice, in whatever lists", () => {
    const node = { name: bytes("a"), digest: wire(one) };
    const link = { name: bytes("a"), target: bytes("t") };
    for (const twice of [
      { files: [node, node] },
      { directories: [node, node] },
      { symlinks: [link, link] },
      { files: [node], directories: [node] },
      { files: [node], symlinks: [link] },
      { directories: [node], symlinks: [link] },
    ])
      expect(() => decodeReapiDirectory(foreign("Directory", twice), "sha256")).toThrow(/twice/);
  });

  it("may have no empty target, and no child without a digest", () => {
    for (const bad of [
      { symlinks: [{ name: bytes("a") }] },
      { files: [{ name: bytes("a") }] },
      { directories: [{ name: bytes("a"), digest: {} }] },
    ])
      expect(() => decodeReapiDirectory(foreign("Directory", bad), "sha256")).toThrow(ReapiError);
  });

  it("is portable when its names and targets are UTF-8", () => {
    expect(isPortableDirectory(directory)).toBe(false);
    expect(() => checkPortable(directory)).toThrow(/not UTF-8/);
    const text: Directory = { ...directory, symlinks: [{ name: byteStringOf("ä"), target: byteStringOf("ö") }] };
    expect(isPortableDirectory(text)).toBe(true);
    expect(() => checkPortable(text)).not.toThrow();
    expect(isPortableDirectory({ ...text, symlinks: [{ name: raw("a"), target: latin }] })).toBe(false);
    const plain: Command = { arguments: [raw("a")], environment: new Map(), outputPaths: [] };
    expect(() => checkPortable(plain)).not.toThrow();
    for (const odd of [
      { arguments: [latin] },
      { environment: new Map([[raw("A"), latin]]) },
      { outputPaths: [latin] },
      { workingDirectory: latin },
    ])
      expect(() => checkPortable({ ...plain, ...odd })).toThrow(ReapiError);
  });
});

describe("an ActionResult", () => {
  const metadata: ExecutedActionMetadata = {
    worker: "wörker",
    queuedMs: 1000,
    workerStartMs: 1000.5,
    workerCompletedMs: 2000,
    inputFetchStartMs: 0,
    inputFetchCompletedMs: 3,
    executionStartMs: 4,
    executionCompletedMs: 5,
    outputUploadStartMs: 6,
    outputUploadCompletedMs: 7,
    auxiliary: [{ typeUrl: "type.googleapis.com/x", value: Buffer.from([1, 2]) }],
  };
  const result: ActionResult = {
    outputFiles: [
      { path: raw("z"), digest: one, isExecutable: true, contents: Buffer.from("one") },
      { path: latin, digest: two, isExecutable: false },
    ],
    outputDirectories: [{ path: raw("d"), treeDigest: one, isTopologicallySorted: true, rootDirectoryDigest: two }],
    outputSymlinks: [{ path: raw("l"), target: raw("t") }],
    exitCode: -1,
    stdoutRaw: Buffer.from("out"),
    stdoutDigest: one,
    stderrRaw: Buffer.from("err"),
    stderrDigest: two,
    metadata,
  };
  const seconds = (s: number, nanos = 0): object => ({ ...(s !== 0 && { seconds: s }), ...(nanos !== 0 && { nanos }) });
  const metadataFields = {
    worker: "wörker",
    queued: seconds(1),
    worker_start: seconds(1, 500_000),
    worker_completed: seconds(2),
    input_fetch_start: {},
    input_fetch_completed: seconds(0, 3_000_000),
    execution_start: seconds(0, 4_000_000),
    execution_completed: seconds(0, 5_000_000),
    output_upload_start: seconds(0, 6_000_000),
    output_upload_completed: seconds(0, 7_000_000),
    auxiliary_metadata: [{ type_url: "type.googleapis.com/x", value: Buffer.from([1, 2]) }],
  };
  const fields = {
    output_files: [
      { path: bytes("z"), digest: wire(one), is_executable: true, contents: Buffer.from("one") },
      { path: bytes("\xff\xe4"), digest: wire(two) },
    ],
    output_directories: [
      { path: bytes("d"), tree_digest: wire(one), is_topologically_sorted: true, root_directory_digest: wire(two) },
    ],
    exit_code: -1,
    stdout_raw: Buffer.from("out"),
    stdout_digest: wire(one),
    stderr_raw: Buffer.from("err"),
    stderr_digest: wire(two),
    execution_metadata: metadataFields,
    output_symlinks: [{ path: bytes("l"), target: bytes("t") }],
  };

  it("has the bytes of any protobuf library", () => {
    expect(encodeActionResult(result)).toEqual(foreign("ActionResult", fields));
    expect(decodeActionResult(foreign("ActionResult", fields), "sha256")).toEqual(result);
    expect(encodeExecutedActionMetadata(metadata)).toEqual(foreign("ExecutedActionMetadata", metadataFields));
    expect(decodeExecutedActionMetadata(encodeExecutedActionMetadata(metadata))).toEqual(metadata);
  });

  it("is empty when nothing came of the action", () => {
    const nothing: ActionResult = { outputFiles: [], outputDirectories: [], outputSymlinks: [], exitCode: 0 };
    expect(encodeActionResult(nothing)).toHaveLength(0);
    expect(decodeActionResult(Buffer.alloc(0), "sha256")).toEqual(nothing);
  });

  it("takes the symlinks of API 2.0 where the new list is empty", () => {
    const old = {
      output_file_symlinks: [{ path: bytes("f"), target: bytes("1") }],
      output_directory_symlinks: [{ path: bytes("d"), target: bytes("2") }],
    };
    expect(decodeActionResult(foreign("ActionResult", old), "sha256").outputSymlinks).toEqual([
      { path: "f", target: "1", oldList: "files" },
      { path: "d", target: "2", oldList: "directories" },
    ]);
    const both = { ...old, output_symlinks: [{ path: bytes("n"), target: bytes("3") }] };
    expect(decodeActionResult(foreign("ActionResult", both), "sha256").outputSymlinks).toEqual([
      { path: "n", target: "3" },
    ]);
  });

  it("fills the symlink lists of API 2.0 beside the new one where it is to", () => {
    const outputSymlinks: ActionResult["outputSymlinks"] = [
      { path: byteStringOf("a"), target: byteStringOf("1"), oldList: "directories" },
      { path: byteStringOf("b"), target: byteStringOf("2"), oldList: "files" },
      { path: byteStringOf("c"), target: byteStringOf("3") },
    ];
    const message = encodeActionResult({ outputFiles: [], outputDirectories: [], outputSymlinks, exitCode: 0 });
    const raw = (path: string, target: string): object => ({ path: bytes(path), target: bytes(target) });
    expect(message).toEqual(
      foreign("ActionResult", {
        output_file_symlinks: [raw("b", "2")],
        output_directory_symlinks: [raw("a", "1")],
        output_symlinks: [raw("a", "1"), raw("b", "2"), raw("c", "3")],
      }),
    );
    expect(decodeActionResult(message, "sha256").outputSymlinks).toEqual(outputSymlinks);
  });

  it("takes an empty digest as none, ignores what it does not know, and refuses outputs without path or digest", () => {
    expect(decodeActionResult(foreign("ActionResult", { stdout_digest: {} }), "sha256").stdoutDigest).toBeUndefined();
    const virtual = foreign("ExecutedActionMetadata", { worker: "w", virtual_execution_duration: seconds(5) });
    expect(decodeExecutedActionMetadata(virtual)).toEqual({ worker: "w" });
    for (const bad of [
      { output_files: [{ digest: wire(one) }] },
      { output_files: [{ path: bytes("a") }] },
      { output_directories: [{ path: bytes("a") }] },
      { output_symlinks: [{ target: bytes("a") }] },
    ])
      expect(() => decodeActionResult(foreign("ActionResult", bad), "sha256")).toThrow(ReapiError);
  });

  it("can be read by another protobuf library", () => {
    expect(read("ActionResult", encodeActionResult({ ...result, exitCode: 300 }))).toMatchObject({
      exit_code: 300,
      stdout_digest: { hash: one.hash, size_bytes: "3" },
    });
  });
});

describe("times", () => {
  it.each<[number, number, number]>([
    [0, 0, 0],
    [1, 0, 1_000_000],
    [1500.25, 1, 500_250_000],
    [-1, -1, 999_000_000],
    [-1500.25, -2, 499_750_000],
    [999.9999999, 1, 0],
  ])("%d ms is a timestamp of %d s and %d ns", (ms, seconds, nanos) => {
    expect(timestampOfMs(ms)).toEqual({ seconds, nanos });
    expect(msOf({ seconds, nanos })).toBeCloseTo(ms, 5);
  });

  it("are signed alike in a duration", () => {
    expect(durationOfMs(-1500.25)).toEqual({ seconds: -1, nanos: -500_250_000 });
    expect(durationOfMs(0)).toEqual({ seconds: 0, nanos: 0 });
    expect(durationOfMs(-1)).toEqual({ seconds: 0, nanos: -1_000_000 });
  });

  it("before 1970 have the bytes of any protobuf library", () => {
    const encodedTime = encodeExecutedActionMetadata({ queuedMs: -1500.25 });
    expect(encodedTime).toEqual(foreign("ExecutedActionMetadata", { queued: { seconds: -2, nanos: 499_750_000 } }));
    expect(decodeExecutedActionMetadata(encodedTime)).toEqual({ queuedMs: -1500.25 });
  });
});
