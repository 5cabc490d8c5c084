import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hashBytes } from "#src/digest/index.js";
import {
  encodeNar,
  parseContentAddress,
  parseDerivation,
  parseNixHash,
  parseStorePathIn,
  printStorePath,
  type ByteString,
  type CastoreNode,
  type Derivation,
  type NarEvent,
  type StorePath,
} from "#src/formats/index.js";
import { createBuiltins, type BuiltinsOptions } from "#src/nix/builtins/index.js";
import { createMemoryStore, hashNarOf, type PathInfo, type Store } from "#src/store/index.js";
import { storeTree, type TreeLiteral } from "../../support/make-result.js";

const STORE_DIR = "/nix/store";
const FIXTURES = join(import.meta.dirname, "fixtures");
const DRV_PATH = "bzf57sw6ykvrd4p92g3j7yxjbbn8h1s7-x.drv" as StorePath;

interface Recorded {
  readonly path: StorePath;
  readonly narHash: string;
  readonly references: readonly StorePath[];
}

const recorded = (
  JSON.parse(readFileSync(join(FIXTURES, "path-infos.json"), "utf8")) as readonly {
    readonly path: string;
    readonly narHash: string;
    readonly references: readonly string[];
    readonly ca?: string;
  }[]
).map((info): Recorded => ({
  path: parseStorePathIn(STORE_DIR, info.path),
  narHash: parseNixHash(info.narHash).hex,
  references: info.references.map((path) => parseStorePathIn(STORE_DIR, path)),
}));

function named(name: string): Recorded {
  return recorded.find(({ path }) => path.slice(33) === name)!;
}

const full = (name: string): string => printStorePath(STORE_DIR, named(name).path);
const dir = (entries: Readonly<Record<string, TreeLiteral>>): TreeLiteral => new Map(Object.entries(entries));

let store: Store;
let inputs: Map<StorePath, PathInfo>;
let lines: string[];

beforeEach(async () => {
  store = createMemoryStore();
  inputs = new Map();
  lines = [];
  const trees: Readonly<Record<string, TreeLiteral>> = {
    a: dir({
      bin: dir({ a: "a\n", a2: { link: "a" } }),
      share: dir({ a: dir({ s: "s\n" }) }),
      "nix-support": dir({}),
      lib: dir({ info: dir({ dir: "dir\n" }) }),
      ".hidden": "h\n",
      dangling: { link: "nowhere" },
      "manifest.nix": "m\n",
    }),
    b: dir({
      bin: dir({ b: "b\n", a: "a-of-b\n" }),
      share: dir({ b: dir({}) }),
      "nix-support": dir({ "propagated-user-env-packages": `${full("c")}\n` }),
    }),
    c: dir({ bin: dir({ c: "c\n", a: "a-of-c\n" }), etc: dir({ x: dir({ y: "x\n" }) }) }),
    d: dir({ share: { link: `${full("a")}/share` } }),
    file: "file\n",
  };
  for (const [name, tree] of Object.entries(trees)) await addInput(named(name), await storeTree(store, tree));
  for (const file of readdirSync(FIXTURES).filter((name) => name.includes(".tar")))
    await addInput(named(file), await storeTree(store, readFileSync(join(FIXTURES, file), "latin1")));
});

/** The trees must be those that Nix had, or the comparison is worth nothing. */
async function addInput({ path, narHash, references }: Recorded, node: CastoreNode): Promise<void> {
  const hashed = await hashNarOf(store, node);
  expect(hashed.narHash).toBe(narHash);
  inputs.set(path, { path, node, ...hashed, references, signatures: [], registrationTime: 1, ultimate: false });
}

afterEach(async () => {
  await store[Symbol.asyncDispose]();
});

async function run(derivation: Derivation, options: Partial<BuiltinsOptions> = {}): Promise<CastoreNode> {
  const made = await createBuiltins({ store, ...options }).run(derivation, {
    drvPath: DRV_PATH,
    variables: derivation.env,
    inputs,
    onLog: (bytes) => lines.push(Buffer.from(bytes).toString().trimEnd()),
  });
  return made.get("out")!;
}

function recordedDerivation(name: string): Derivation {
  return parseDerivation(STORE_DIR, readFileSync(join(FIXTURES, "derivations", `${name}.drv`)));
}

function recordedLines(...file: string[]): string[] {
  return readFileSync(join(FIXTURES, "errors", ...file), "utf8")
    .trimEnd()
    .split("\n");
}

describe("what Nix's builtins made is what ours make", () => {
  it.each([
    ["env", "env"],
    ["envMany", "env-many"],
    ["channelGz", "channel-gz"],
    ["channelXz", "channel-xz"],
    ["channelBz2", "channel-bz2"],
  ])("%s", async (name, path) => {
    const node = await run(recordedDerivation(name));
    expect((await hashNarOf(store, node)).narHash).toBe(named(path).narHash);
  });

  it("with the same warnings", async () => {
    await run(recordedDerivation("env"));
    expect(lines).toEqual(recordedLines("env.warnings"));
    lines = [];
    await run(recordedDerivation("envMany"));
    expect(lines.sort()).toEqual(recordedLines("envMany.warnings").sort());
  });

  it.each(["envConflict", "channelTwo"])("%s fails with the same words", async (name) => {
    await expect(run(recordedDerivation(name))).rejects.toMatchObject({
      name: "BuildFailure",
      status: 3,
      showLog: true,
      message: `builder for '${printStorePath(STORE_DIR, DRV_PATH)}' failed with exit code 1`,
    });
    expect(lines.at(-1)).toBe(recordedLines(name)[0]);
  });
});

describe("builtin:fetchurl", () => {
  const servers: Server[] = [];
  let requests: string[];

  beforeEach(() => {
    requests = [];
  });

  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    }
  });

  async function serve(listener: RequestListener): Promise<string> {
    const server = createServer((request, response) => {
      requests.push(request.url!);
      listener(request, response);
    });
    servers.push(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  function fetching(url: string, env: Readonly<Record<string, string>> = {}): Derivation {
    const hash = hashBytes("sha256", Buffer.from("contents"));
    const variables = { url, outputHashMode: "flat", outputHashAlgo: "sha256", outputHash: hash, ...env };
    return {
      outputs: new Map([["out", { type: "fixed", path: DRV_PATH, ca: parseContentAddress(`fixed:sha256:${hash}`) }]]),
      inputDrvs: new Map(),
      inputSrcs: [],
      platform: "builtin" as ByteString,
      builder: "builtin:fetchurl" as ByteString,
      args: [],
      env: new Map(Object.entries(variables)) as ReadonlyMap<string, string> as Derivation["env"],
    };
  }

  const contents: CastoreNode = {
    type: "file",
    digest: hashBytes("blake3", Buffer.from("contents")),
    size: 8,
    executable: false,
  };

  it("stores what the server sends, byte for byte, whatever it calls the encoding", async () => {
    const packed = gzipSync("contents");
    const base = await serve((request, response) => {
      expect(request.headers["accept-encoding"]).toBe("identity");
      response.setHeader("content-encoding", "gzip").end(packed);
    });
    const node = await run(fetching(`${base}/f`));
    expect(node).toMatchObject({ type: "file", size: packed.byteLength, executable: false });
  });

  it("follows redirects, and sends credentials only to the host they are for", async () => {
    const seen: (string | undefined)[] = [];
    const base = await serve((request, response) => {
      seen.push(request.headers.authorization);
      if (request.url === "/f") response.writeHead(302, { location: "/g" }).end();
      else response.end("contents");
    });
    const netrc = "machine example.org login x password y\nmachine 127.0.0.1\n  login user password secret\n";
    expect(await run(fetching(`${base}/f`), { fetchUrl: { netrc } })).toEqual(contents);
    const expected = `Basic ${Buffer.from("user:secret").toString("base64")}`;
    expect(seen).toEqual([expected, expected]);
    await run(fetching(`${base}/g`), { fetchUrl: { netrc: "machine example.org login x password y" } });
    expect(seen.at(-1)).toBeUndefined();
  });

  it("trusts over https whom the machine trusts, and asks only once whom it does not", async () => {
    const directory = mkdtempSync(join(tmpdir(), "causeway-https-"));
    try {
      const [key, cert] = [join(directory, "key.pem"), join(directory, "cert.pem")];
      const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"];
      execFileSync(
        "openssl",
        ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, ...subject],
        { stdio: "ignore" },
      );
      const server = createHttpsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) =>
        response.end("contents"),
      );
      let handshakes = 0;
      server.on("connection", () => handshakes++);
      servers.push(server);
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const url = `https://localhost:${(server.address() as AddressInfo).port}/f`;
      const caCertificates = readFileSync(cert);
      expect(await run(fetching(url), { fetchUrl: { caCertificates } })).toEqual(contents);
      handshakes = 0;
      await expect(run(fetching(url))).rejects.toThrow("failed with exit code 1");
      expect(lines.join("\n")).toContain(`unable to download '${url}': self-signed certificate`);
      expect(handshakes).toBe(1);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("makes it executable where that is wanted", async () => {
    const base = await serve((_, response) => response.end("contents"));
    expect(await run(fetching(base, { executable: "1" }))).toEqual({ ...contents, executable: true });
  });

  const nar: readonly NarEvent[] = [
    { type: "directory" },
    { type: "entry", name: "f" as ByteString },
    { type: "file", executable: true, sizeBytes: 2 },
    { type: "contents", bytes: Buffer.from("hi") },
    { type: "end" },
    { type: "end" },
  ];

  it("unpacks an archive", async () => {
    const bytes = Buffer.concat([...encodeNar(nar)]);
    const base = await serve((_, response) => response.end(bytes));
    const node = await run(fetching(`${base}/x.nar`, { unpack: "1", outputHashMode: "recursive" }));
    expect((await hashNarOf(store, node)).narHash).toBe(hashBytes("sha256", bytes));
  });

  it("says what is wrong with one that is none", async () => {
    const base = await serve((_, response) => response.end("no archive"));
    await expect(run(fetching(base, { unpack: "1" }))).rejects.toMatchObject({ name: "BuildFailure", status: 6 });
    await expect(run(fetching(`${base}/x.xz`, { unpack: "1" }))).rejects.toMatchObject({ name: "BuildFailure" });
    expect(lines.at(-1)).toContain("error: failed to decompress");
  });

  it("tries again what may pass, and not what stays", async () => {
    let failures = 2;
    const base = await serve((_, response) => {
      if (failures-- > 0) response.writeHead(503).end();
      else response.end("contents");
    });
    const fetchUrl = { firstPauseMs: 1 };
    expect(await run(fetching(base), { fetchUrl })).toEqual(contents);
    expect(requests).toHaveLength(3);
    const gone = await serve((_, response) => response.writeHead(404).end("no such thing"));
    await expect(run(fetching(`${gone}/f`), { fetchUrl })).rejects.toMatchObject({ status: 6, showLog: true });
    expect(requests).toHaveLength(4);
    expect(lines).toEqual([`error: unable to download '${gone}/f': HTTP error 404\n\nresponse body:\n\nno such thing`]);
  });

  it("fails when the connection breaks off", async () => {
    const base = await serve((_, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("cont", () => response.destroy());
    });
    await expect(run(fetching(base))).rejects.toMatchObject({ name: "BuildFailure", status: 6 });
    expect(lines[0]).toMatch(/^error: unable to download '.*' after 4 bytes: /);
  });

  it("asks mirrors by hash first, for flat files only", async () => {
    const { hex } = parseNixHash(hashBytes("sha256", Buffer.from("contents")), "sha256");
    const base = await serve((request, response) => {
      if (request.url === `/two/sha256/${hex}`) response.end("contents");
      else response.writeHead(404).end();
    });
    const fetchUrl = { hashedMirrors: [`${base}/one/`, `${base}/two`] };
    expect(await run(fetching(`${base}/f`), { fetchUrl })).toEqual(contents);
    expect(requests).toEqual([`/one/sha256/${hex}`, `/two/sha256/${hex}`]);
    await expect(run(fetching(`${base}/f`, { outputHashMode: "recursive" }), { fetchUrl })).rejects.toThrow();
    expect(requests.at(-1)).toBe("/f");
  });

  it("reads files of the store by URL, and those of the machine only if it may", async () => {
    expect(await run(fetching(`file://${full("a")}/bin/a2`))).toMatchObject({ type: "file", size: 2 });
    await expect(run(fetching("file:///etc/passwd"))).rejects.toMatchObject({ name: "BuildFailure" });
    expect(lines).toEqual(["error: unable to download 'file:///etc/passwd': Couldn't read a file:// file (37)"]);
    const openHostFile = async function* (path: string): AsyncGenerator<Uint8Array> {
      yield Buffer.from(path);
    };
    expect(await run(fetching("file:///a%20b"), { fetchUrl: { openHostFile } })).toMatchObject({ size: 4 });
  });

  it("stops when nobody wants it any more", async () => {
    const controller = new AbortController();
    const base = await serve((_, response) => {
      response.write("cont");
      controller.abort();
    });
    const running = createBuiltins({ store }).run(fetching(base), {
      drvPath: DRV_PATH,
      variables: fetching(base).env,
      inputs,
      signal: controller.signal,
    });
    await expect(running).rejects.toMatchObject({ name: "StatusError", code: 1 });
  });

  it("needs a URL", async () => {
    const derivation = fetching("");
    const env = new Map([...derivation.env].filter(([name]) => name !== "url"));
    await expect(run({ ...derivation, env })).rejects.toMatchObject({ name: "BuildFailure" });
    expect(lines).toEqual(["error: attribute 'url' missing"]);
  });

  it("of another name is refused", async () => {
    await expect(run({ ...fetching(""), builder: "builtin:write" as ByteString })).rejects.toThrow("exit code 1");
    expect(lines).toEqual(["error: unsupported builtin builder 'write'"]);
  });
});

describe("builtin:unpack-channel", () => {
  async function unpack(bytes: Uint8Array): Promise<CastoreNode> {
    const derivation = recordedDerivation("channelTwo");
    const path = named("two.tar").path;
    const node = await storeTree(store, Buffer.from(bytes).toString("latin1"));
    inputs.set(path, { ...inputs.get(path)!, node });
    return run(derivation);
  }

  it("takes zstd", async () => {
    const tar = readFileSync(join(FIXTURES, "two.tar"));
    await expect(unpack(zstdCompressSync(tar))).rejects.toThrow("exit code 1");
    expect(lines.at(-1)).toContain("contains more than one file");
  });

  function tar(name: string, options: { readonly flag?: string; readonly target?: string } = {}): Buffer {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write("0000644\0", 100);
    header.write("00000000000\0", 124);
    header.write(options.flag ?? "0", 156);
    header.write(options.target ?? "", 157);
    header.write("ustar\0" + "00", 257);
    header.fill(" ", 148, 156);
    header.write(
      `${header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, "0")}\0 `,
      148,
    );
    return header;
  }

  it.each([
    ["../x", {}],
    ["a/../../x", {}],
    ["x", { flag: "1", target: "/etc/passwd" }],
  ])("refuses %s %j", async (name, options) => {
    await expect(unpack(Buffer.concat([tar(name, options), Buffer.alloc(1024)]))).rejects.toMatchObject({
      name: "BuildFailure",
      status: 3,
    });
  });

  it("does not write through a symlink", async () => {
    const bytes = Buffer.concat([tar("a/l", { flag: "2", target: "/etc" }), tar("a/l/passwd"), Buffer.alloc(1024)]);
    await expect(unpack(bytes)).rejects.toMatchObject({ name: "BuildFailure" });
  });

  it("refuses what is damaged", async () => {
    const header = tar("x");
    header[0] = 0x79;
    await expect(unpack(header)).rejects.toMatchObject({ name: "BuildFailure" });
    expect(lines.at(-1)).toBe("error: this is no tar archive, or it is damaged");
  });
});
