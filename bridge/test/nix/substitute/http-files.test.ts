import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { brotliCompressSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { createHttpFiles, type HttpFilesOptions } from "#src/nix/substitute/cache/create-http-files.js";
import { openCacheFiles } from "#src/nix/substitute/cache/open-binary-cache.js";
import type { CacheFiles } from "#src/nix/substitute/cache/cache-files.js";
import { Code } from "#src/status/index.js";

const servers: Server[] = [];
const opened: CacheFiles[] = [];
afterEach(async () => {
  for (const files of opened.splice(0)) await files[Symbol.asyncDispose]();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

function filesAt(url: string, more: Partial<HttpFilesOptions> = {}): CacheFiles & { readonly paused: number[] } {
  const paused: number[] = [];
  const pause = async (durationMs: number): Promise<void> => void paused.push(durationMs);
  const files = createHttpFiles(url, url, { connectionsMax: 2, attemptsMax: 3, pause, ...more });
  opened.push(files);
  return { ...files, paused };
}

async function read(files: CacheFiles, name: string): Promise<string | undefined> {
  const source = await files.open(name);
  return source === undefined ? undefined : Buffer.concat(await Array.fromAsync(source)).toString();
}

describe("the files of a cache behind HTTP", () => {
  it("are read, and not there where the server says so", async () => {
    const url = await serve(({ url: at }, response) => {
      response.writeHead(at === "/there" ? 200 : at === "/secret" ? 403 : 404).end("text");
    });
    const files = filesAt(url);
    expect(await read(files, "there")).toBe("text");
    expect(await files.has("there")).toBe(true);
    for (const name of ["absent", "secret"]) {
      expect(await read(files, name)).toBeUndefined();
      expect(await files.has(name)).toBe(false);
    }
  });

  it("are unpacked from the encoding in which the server has them", async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { "content-encoding": "br" }).end(brotliCompressSync("text"));
    });
    expect(await read(filesAt(url), "x")).toBe("text");
  });

  it.each([500, 503, 429])("are asked for again, later each time, after %i", async (status) => {
    let asked = 0;
    const url = await serve((_, response) => {
      asked++;
      if (asked < 3) response.writeHead(status).end();
      else response.end("text");
    });
    const files = filesAt(url);
    expect(await read(files, "x")).toBe("text");
    expect(files.paused).toEqual([250, 500]);
  });

  it("are asked for again when the server wants that, and not when that is too late", async () => {
    let seconds = "7";
    const url = await serve((_, response) => {
      response.writeHead(503, { "retry-after": seconds }).end();
    });
    const files = filesAt(url);
    await expect(read(files, "x")).rejects.toMatchObject({ code: Code.Unavailable });
    expect(files.paused).toEqual([7_000, 7_000]);
    seconds = "3600";
    await expect(read(files, "x")).rejects.toMatchObject({ code: Code.Unavailable });
    expect(files.paused).toHaveLength(2);
  });

  it("are given up at once where asking again cannot help", async () => {
    let asked = 0;
    const url = await serve((_, response) => {
      asked++;
      response.writeHead(401).end();
    });
    await expect(read(filesAt(url), "x")).rejects.toMatchObject({ code: Code.PermissionDenied });
    expect(asked).toBe(1);
  });

  it("are given up when nobody is there", async () => {
    const url = await serve(() => undefined);
    const server = servers.pop()!;
    await new Promise((resolve) => server.close(resolve));
    const files = filesAt(url);
    await expect(read(files, "x")).rejects.toMatchObject({ code: Code.Unavailable });
    expect(files.paused).toEqual([250, 500]);
  });

  it("are given up when the server does not answer, or stops in the middle", async () => {
    const silent = await serve(() => undefined);
    const files = filesAt(silent, { answerTimeoutMs: 20, attemptsMax: 2 });
    await expect(read(files, "x")).rejects.toThrow("the server does not answer");
    const stuck = await serve((_, response) => {
      response.writeHead(200, { "content-length": 100 }).write("half");
    });
    const half = filesAt(stuck, { stalledTimeoutMs: 20, attemptsMax: 2 });
    await expect(read(half, "x")).rejects.toMatchObject({ code: Code.Unavailable });
  });

  it("end where the caller's patience does", async () => {
    const url = await serve(() => undefined);
    await expect(filesAt(url).open("x", { signal: AbortSignal.timeout(20) })).rejects.toMatchObject({
      code: Code.DeadlineExceeded,
    });
  });

  it("are taken up where the connection broke, where the server can do that", async () => {
    const text = "0123456789".repeat(10);
    const ranges: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      const { range } = request.headers;
      ranges.push(range);
      const from = range === undefined ? 0 : Number(/^bytes=(\d+)-$/.exec(range)![1]);
      const rest = text.slice(from);
      response.writeHead(range === undefined ? 200 : 206, {
        "accept-ranges": "bytes",
        "content-length": rest.length,
        ...(range !== undefined && { "content-range": `bytes ${String(from)}-99/100` }),
      });
      if (ranges.length < 3) response.write(rest.slice(0, 40), () => response.destroy());
      else response.end(rest);
    });
    expect(await read(filesAt(url, { attemptsMax: 5 }), "x")).toBe(text);
    expect(ranges).toEqual([undefined, "bytes=40-", "bytes=80-"]);
  });

  it("are not put together from two different files", async () => {
    let asked = 0;
    const url = await serve((_, response) => {
      asked++;
      response.writeHead(200, { "accept-ranges": "bytes", "content-length": 100 });
      response.write("x".repeat(40), () => response.destroy());
    });
    await expect(read(filesAt(url), "x")).rejects.toThrow("does not go on after 40 bytes");
    expect(asked).toBe(2);
  });

  it("are written whole, again after an error, and not where that is refused", async () => {
    const written = new Map<string, string>();
    let asked = 0;
    const url = await serve((request, response) => {
      const pieces: Buffer[] = [];
      request.on("data", (piece: Buffer) => pieces.push(piece));
      request.on("end", () => {
        asked++;
        if (request.url === "/refused") response.writeHead(403).end("no");
        else if (asked === 1) response.writeHead(502).end();
        else {
          written.set(`${request.method ?? ""} ${request.url ?? ""}`, Buffer.concat(pieces).toString());
          response.writeHead(201).end();
        }
      });
    });
    const file = {
      ...{ contentType: "text/x-nix-narinfo", sizeBytes: 4 },
      async *open() {
        yield Buffer.from("te");
        yield Buffer.from("xt");
      },
    };
    const files = filesAt(url);
    await files.put("nar/x", file);
    expect([...written]).toEqual([["PUT /nar/x", "text"]]);
    const refused = files.put("refused", file);
    await expect(refused).rejects.toMatchObject({ code: Code.PermissionDenied });
    await expect(refused).rejects.toThrow(/unable to upload .*HTTP error 403/);
  });

  it("tell nobody the password in their URL", async () => {
    const url = await serve((request, response) => {
      response.writeHead(request.headers.authorization === undefined ? 401 : 500).end();
    });
    const secret = url.replace("//", "//user:secret@");
    const { files } = openCacheFiles(secret, {
      http: { connectionsMax: 1, attemptsMax: 1 },
      unique: () => "x",
    });
    opened.push(files);
    expect(files.uri).toBe(url);
    await expect(files.open("x")).rejects.toThrow(/HTTP error 500/);
    await expect(files.open("x")).rejects.not.toThrow(/secret/);
  });
});

describe("the URL of a cache", () => {
  const options = { http: { connectionsMax: 1 }, unique: () => "x" };
  it("says what to use it for", () => {
    const { files, parameters } = openCacheFiles("https://cache.example/sub/?priority=3&trusted=1", options);
    expect([files.uri, parameters.get("priority"), parameters.get("trusted")]).toEqual([
      "https://cache.example/sub",
      "3",
      "1",
    ]);
  });

  it.each(["", "nonsense", "ftp://x", "/dir", "ssh://host"])("is not %j", (url) => {
    expect(() => openCacheFiles(url, options)).toThrow(/is not the URL of a binary cache/);
  });

  it("of a bucket leads to its endpoint", async () => {
    const asked: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      asked.push(request.url);
      response.writeHead(404).end();
    });
    const { files } = openCacheFiles(`s3://bucket?scheme=http&endpoint=${url.replace("http://", "")}`, options);
    opened.push(files);
    expect(await files.open("nix-cache-info")).toBeUndefined();
    expect(asked).toEqual(["/bucket/nix-cache-info"]);
  });
});
