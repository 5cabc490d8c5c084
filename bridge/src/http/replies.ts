import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { Code, StatusError } from "../status/index.js";
import type { Exchange } from "./exchange.js";
import { httpStatusOf } from "./http-status.js";

/** Answers with a line of text. */
export function sendText({ request, response }: Exchange, status: number, text: string): void {
  const body = Buffer.from(`${text}\n`);
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", "content-length": body.byteLength });
  response.end(request.method === "HEAD" ? undefined : body);
}

/** Answers with bytes at hand. */
export function sendBytes({ request, response }: Exchange, contentType: string, body: Uint8Array): void {
  response.writeHead(200, { "content-type": contentType, "content-length": body.byteLength });
  response.end(request.method === "HEAD" ? undefined : body);
}

/** Answers with what an error means. Once an answer has begun, it can only be cut off, which the client sees. */
export function sendError(exchange: Exchange, error: StatusError): void {
  const { response } = exchange;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (error.code === Code.Unauthenticated) response.setHeader("www-authenticate", 'Basic realm="causeway"');
  sendText(exchange, httpStatusOf(error.code), error.message);
}

/**
 * Writes a stream as the body, waiting where the client is slow.
 *
 * @throws what `source` throws; StatusError Cancelled if the client goes away.
 */
export async function sendStream(
  { response, signal }: Exchange,
  source: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void,
): Promise<void> {
  for await (const piece of source) {
    onBytes(piece.byteLength);
    if (!response.write(piece)) await drained(response, signal);
  }
  response.end();
}

async function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  try {
    await once(response, "drain", { signal });
  } catch (cause) {
    throw new StatusError(Code.Cancelled, "the client went away", { cause });
  }
}
