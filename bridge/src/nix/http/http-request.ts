import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectionPool } from "./connection-pool.js";
import { DownloadError } from "./download-error.js";
import { netrcLogin } from "./netrc.js";

/** How requests are made. */
export interface DownloadOptions {
  /** Contents of a netrc file. */
  readonly netrc?: string;
  /** Certificates of the authorities to trust for https, in PEM, in place of those that Node brings. */
  readonly caCertificates?: string | Buffer;
  readonly signal?: AbortSignal;
  /** How often to try in all. Default 5, as `download-attempts`. */
  readonly attemptsMax?: number;
  /** Pause before the second try; it doubles. Default 250 ms, as Nix. */
  readonly firstPauseMs?: number;
  /** How long a connection may take to come about. Default: as long as an answer. */
  readonly connectTimeoutMs?: number;
  /** How long an answer may take to begin. Default 5 minutes. */
  readonly answerTimeoutMs?: number;
  /** A server that says nothing for so long is gone. Default 5 minutes, as `stalled-download-timeout`. */
  readonly stalledTimeoutMs?: number;
  /** Default: a connection for each request. */
  readonly pool?: ConnectionPool;
  /** Waits between tries; tests bring their own. */
  readonly pause?: (durationMs: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** What to ask for. */
export interface HttpRequestOptions extends DownloadOptions {
  /** Default `GET`. */
  readonly method?: "GET" | "HEAD" | "PUT";
  readonly headers?: OutgoingHttpHeaders;
  /** Opened anew for each try. */
  readonly body?: { readonly sizeBytes: number; open(): AsyncIterable<Uint8Array> };
}

/** An answer that says yes. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Undecoded, consumed once. @throws DownloadError if it is cut off, and cannot be taken up again where it was. */
  readonly contents: AsyncIterable<Uint8Array>;
}

/** curl follows as many. */
const REDIRECTS_MAX = 10;
/** As Nix, `stalled-download-timeout`. */
const STALLED_MS = 300_000;
/** A server that wants to be left alone for longer is not waited for. */
const RETRY_AFTER_MS_MAX = 60_000;
/** Of an error's page, for the message. */
const ERROR_BYTES_MAX = 4096;

/**
 * Opens the contents of an HTTP URL, undecoded: what is hashed are the bytes of the file, whatever the server calls their encoding.
 *
 * @see openHttp
 */
export async function openDownload(url: string, options: DownloadOptions = {}): Promise<AsyncIterable<Uint8Array>> {
  return (await openHttp(url, options)).contents;
}

/**
 * Makes a request, again if that can help. Redirects are followed, also to the other of http and https; credentials are only sent to the
 * host they are for. Contents whose stream breaks are taken up again where it broke, if the server can do that.
 *
 * @throws DownloadError with Nix's text, if the answer is not one of success.
 */
export async function openHttp(url: string, options: HttpRequestOptions = {}): Promise<HttpResponse> {
  const response = await withRetries(options, () => openOnce(url, options));
  const contents = contentsOf(url, response, options);
  return { status: response.statusCode ?? 0, headers: response.headers, contents };
}

async function withRetries<T>(options: DownloadOptions, attempt: () => Promise<T>): Promise<T> {
  const { attemptsMax = 5, signal } = options;
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt();
    } catch (reason) {
      signal?.throwIfAborted();
      if (!(reason instanceof DownloadError) || !reason.isTransient || attempts >= attemptsMax) throw reason;
      if ((reason.retryAfterMs ?? 0) > RETRY_AFTER_MS_MAX) throw reason;
      await pauseBefore(attempts + 1, options, reason.retryAfterMs);
    }
  }
}

async function pauseBefore(attempt: number, options: DownloadOptions, leastMs = 0): Promise<void> {
  const { firstPauseMs = 250, signal, pause } = options;
  const durationMs = Math.max(leastMs, firstPauseMs * 2 ** (attempt - 2));
  if (pause !== undefined) await pause(durationMs, signal);
  else await sleep(durationMs, undefined, signal === undefined ? {} : { signal });
}

async function openOnce(url: string, options: HttpRequestOptions): Promise<IncomingMessage> {
  const verb = options.method === "PUT" ? "upload" : "download";
  let target = url;
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
    const response = await send(target, options).catch((cause: unknown) => {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new DownloadError(`unable to ${verb} '${withoutLogin(url)}': ${message}`, {
        cause,
        isTransient: !isDistrust(cause),
      });
    });
    const status = response.statusCode ?? 0;
    const { location } = response.headers;
    if (status >= 300 && status < 400 && location !== undefined) {
      response.resume();
      target = new URL(location, target).href;
      continue;
    }
    if (status >= 200 && status < 300) return response;
    throw await failureOf(`unable to ${verb} '${withoutLogin(url)}'`, status, response);
  }
  throw new DownloadError(`unable to ${verb} '${withoutLogin(url)}': too many redirects`, { isTransient: false });
}

/** A URL without the name and password that it may hold, for people and logs. */
export function withoutLogin(url: string): string {
  return url.replace(/^([a-z0-9+.-]+:\/\/)[^/?#@]*@/i, "$1");
}

/** A certificate that is not trusted now will not be in a second. Source: OpenSSL's X509_V_ERR_* codes, as Node names them. */
function isDistrust(cause: unknown): boolean {
  const code = cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? "") : "";
  return /CERT|VERIFY_LEAF_SIGNATURE|ERR_TLS/.test(code);
}

async function send(url: string, options: HttpRequestOptions): Promise<IncomingMessage> {
  const { netrc, caCertificates, signal, pool, method = "GET", headers, body } = options;
  const { protocol, hostname } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:") throw new Error(`unsupported protocol '${protocol}'`);
  const login = netrc === undefined ? undefined : netrcLogin(netrc, hostname);
  // Loaded when something is downloaded: importing them takes a third of the whole start of the program.
  const { request: open } = protocol === "http:" ? await import("node:http") : await import("node:https");
  const agent = await pool?.agentFor(protocol);
  return new Promise((resolve, reject) => {
    const request = open(url, {
      method,
      headers: {
        "user-agent": "causeway",
        "accept-encoding": "identity",
        ...(body !== undefined && { "content-length": body.sizeBytes }),
        ...headers,
      },
      timeout: options.answerTimeoutMs ?? STALLED_MS,
      ...(agent !== undefined && { agent }),
      ...(caCertificates !== undefined && protocol === "https:" && { ca: caCertificates }),
      ...(login !== undefined && { auth: `${login.login}:${login.password}` }),
      ...(signal !== undefined && { signal }),
    });
    boundConnecting(request, protocol, options.connectTimeoutMs);
    request.on("response", (response) => {
      request.setTimeout(options.stalledTimeoutMs ?? STALLED_MS);
      resolve(response);
    });
    request.on("error", reject);
    request.on("timeout", () => request.destroy(new Error("the server does not answer")));
    if (body === undefined) request.end();
    else sendBody(request, body.open()).catch((reason: unknown) => request.destroy(asError(reason)));
  });
}

function boundConnecting(request: ClientRequest, protocol: string, timeoutMs: number | undefined): void {
  if (timeoutMs === undefined) return;
  request.on("socket", (socket) => {
    if (!socket.connecting) return; // Kept from an earlier request.
    const timer = setTimeout(() => request.destroy(new Error("no connection came about in time")), timeoutMs);
    const clear = (): void => clearTimeout(timer);
    socket.once(protocol === "https:" ? "secureConnect" : "connect", clear).once("close", clear);
  });
}

async function sendBody(request: ClientRequest, source: AsyncIterable<Uint8Array>): Promise<void> {
  // A server that has answered already closes the request; then nobody waits for the rest.
  for await (const piece of source)
    if (request.destroyed || !(request.write(piece) || (await isDrained(request)))) return;
  request.end();
}

/**
 * Waits until the request takes more; false if it was closed. Each wait has listeners of its own: a promise of the end that all waited by would
 * keep something of each.
 */
function isDrained(request: ClientRequest): Promise<boolean> {
  return new Promise((resolve) => {
    const done = (isOpen: boolean): void => {
      request.off("drain", drained).off("close", closed);
      resolve(isOpen);
    };
    const drained = (): void => done(true);
    const closed = (): void => done(false);
    request.on("drain", drained).on("close", closed);
  });
}

const asError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)));

async function failureOf(what: string, status: number, response: IncomingMessage): Promise<DownloadError> {
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      pieces.push(piece);
      size += piece.byteLength;
      if (size >= ERROR_BYTES_MAX) break;
    }
  } catch {
    // The status says enough.
  }
  const body = Buffer.concat(pieces).subarray(0, ERROR_BYTES_MAX).toString("utf8");
  const isPermanent =
    (status >= 400 && status < 500 && status !== 408 && status !== 429) || [501, 505, 511].includes(status);
  const seconds = response.headers["retry-after"];
  return new DownloadError(`${what}: HTTP error ${status}${body === "" ? "" : `\n\nresponse body:\n\n${body}`}`, {
    isTransient: !isPermanent,
    status,
    retryAfterMs: seconds !== undefined && /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1000 : undefined,
  });
}

async function* contentsOf(
  url: string,
  first: IncomingMessage,
  options: HttpRequestOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { attemptsMax = 5, signal } = options;
  let receivedBytes = 0;
  let response = first;
  for (let attempt = 2; ; attempt++) {
    try {
      for await (const piece of response as AsyncIterable<Buffer>) {
        receivedBytes += piece.byteLength;
        yield piece;
      }
      return;
    } catch (cause) {
      signal?.throwIfAborted();
      const message = cause instanceof Error ? cause.message : String(cause);
      const broken = `unable to download '${withoutLogin(url)}' after ${receivedBytes} bytes: ${message}`;
      if (!canResume(first, options) || attempt > attemptsMax)
        throw new DownloadError(broken, { cause, isTransient: true });
      await pauseBefore(attempt, options);
      response = await resume(url, first, receivedBytes, options);
    }
  }
}

function canResume({ headers }: IncomingMessage, { method = "GET" }: HttpRequestOptions): boolean {
  return method === "GET" && headers["accept-ranges"] === "bytes" && headers["content-encoding"] === undefined;
}

/** The rest of a file. What comes must be the same file, from the byte that was asked for. */
async function resume(
  url: string,
  first: IncomingMessage,
  fromByte: number,
  options: HttpRequestOptions,
): Promise<IncomingMessage> {
  const tag = first.headers.etag ?? first.headers["last-modified"];
  const headers = {
    ...options.headers,
    range: `bytes=${fromByte}-`,
    ...(tag !== undefined && !tag.startsWith("W/") && { "if-range": tag }),
  };
  const response = await openOnce(url, { ...options, headers });
  if (response.statusCode === 206 && response.headers["content-range"]?.startsWith(`bytes ${fromByte}-`) === true)
    return response;
  response.destroy();
  throw new DownloadError(
    `unable to download '${withoutLogin(url)}': the server does not go on after ${fromByte} bytes`,
    {
      isTransient: true,
    },
  );
}
