import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join, normalize } from "node:path";
import { pipeline } from "node:stream/promises";

/** A plain web server, as people put before a binary cache. Disposing it closes it. */
export interface DirectoryServer extends AsyncDisposable {
  readonly url: string;
  /** `<method> <path>`, in order. */
  readonly requests: string[];
}

/** Serves the files of a directory, and takes new ones, as a store of objects does. */
export async function serveDirectory(directory: string): Promise<DirectoryServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method ?? ""} ${request.url ?? ""}`);
    const file = join(directory, normalize(new URL(request.url ?? "/", "http://host").pathname));
    const answer = async (): Promise<void> => {
      if (request.method === "PUT") {
        await mkdir(dirname(file), { recursive: true });
        await pipeline(request, createWriteStream(file));
        response.writeHead(201).end();
        return;
      }
      const { size } = await stat(file);
      response.writeHead(200, { "content-length": size });
      if (request.method === "HEAD") response.end();
      else await pipeline(createReadStream(file), response);
    };
    answer().catch(() => {
      if (!response.headersSent) response.writeHead(404);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
