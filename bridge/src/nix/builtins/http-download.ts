import type { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { netrcLogin } from "./netrc.js";

/** A download that failed. */
export class DownloadError extends Error {
  override readonly name = "DownloadError";
  /** Whether it is worth trying again. */
  readonly isTransient: boolean;
  constructor(message: string, options: ErrorOptions & { readonly isTransient: boolean }) {
    super(message, options);
    this.isTransient = options.isTransient;
  }
}

/** How to download. */
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
}

/** curl follows as many. */
const REDIRECTS_MAX = 10;
/** A server that says nothing for so long is gone. As Nix, `stalled-download-timeout`. */
const STALLED_MS = 300_000;
/** Of an error's page, for the message. */
const ERROR_BYTES_MAX = 4096;

/**
 * Opens the contents of an HTTP URL, undecoded: what is hashed are the bytes of the file, whatever the server calls their encoding.
 * Redirects are followed, also to the other of http and https; credentials are only sent to the host they are for.
 *
 * @throws DownloadError with Nix's text. While the contents are read, too: then nothing is tried again.
 */
export async function openDownload(url: string, options: DownloadOptions = {}): Promise<AsyncIterable<Uint8Array>> {
  const { attemptsMax = 5, firstPauseMs = 250, signal } = options;
  for (let attempt = 1; ; attempt++) {
    try {
      return contentsOf(url, await openOnce(url, options));
    } catch (reason) {
      signal?.throwIfAborted();
      if (!(reason instanceof DownloadError) || !reason.isTransient || attempt >= attemptsMax) throw reason;
      await sleep(firstPauseMs * 2 ** (attempt - 1), undefined, signal === undefined ? {} : { signal });
    }
  }
}

async function openOnce(url: string, options: DownloadOptions): Promise<IncomingMessage> {
  let target = url;
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
    const response = await get(target, options).catch((cause: unknown) => {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new DownloadError(`unable to download '${url}': ${message}`, { cause, isTransient: !isDistrust(cause) });
    });
    const status = response.statusCode ?? 0;
    const { location } = response.headers;
    if (status >= 300 && status < 400 && location !== undefined) {
      response.resume();
      target = new URL(location, target).href;
      continue;
    }
    if (status >= 200 && status < 300) return response;
    throw await failureOf(url, status, response);
  }
  throw new DownloadError(`unable to download '${url}': too many redirects`, { isTransient: false });
}

/** A certificate that is not trusted now will not be in a second. Source: OpenSSL's X509_V_ERR_* codes, as Node names them. */
function isDistrust(cause: unknown): boolean {
  const code = cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? "") : "";
  return /CERT|VERIFY_LEAF_SIGNATURE|ERR_TLS/.test(code);
}

async function get(url: string, { netrc, caCertificates, signal }: DownloadOptions): Promise<IncomingMessage> {
  const { protocol, hostname } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:") throw new Error(`unsupported protocol '${protocol}'`);
  const login = netrc === undefined ? undefined : netrcLogin(netrc, hostname);
  // Loaded when something is downloaded: importing them takes a third of the whole start of the program.
  const { request: open } = protocol === "http:" ? await import("node:http") : await import("node:https");
  return new Promise((resolve, reject) => {
    const request = open(url, {
      headers: { "user-agent": "causeway", "accept-encoding": "identity" },
      timeout: STALLED_MS,
      ...(caCertificates !== undefined && protocol === "https:" && { ca: caCertificates }),
      ...(login !== undefined && { auth: `${login.login}:${login.password}` }),
      ...(signal !== undefined && { signal }),
    });
    request.on("response", resolve);
    request.on("error", reject);
    request.on("timeout", () => request.destroy(new Error("the server does not answer")));
    request.end();
  });
}

async function failureOf(url: string, status: number, response: IncomingMessage): Promise<DownloadError> {
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
  return new DownloadError(
    `unable to download '${url}': HTTP error ${status}${body === "" ? "" : `\n\nresponse body:\n\n${body}`}`,
    { isTransient: !isPermanent },
  );
}

async function* contentsOf(url: string, response: IncomingMessage): AsyncGenerator<Uint8Array> {
  let receivedBytes = 0;
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      receivedBytes += piece.byteLength;
      yield piece;
    }
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new DownloadError(`unable to download '${url}' after ${receivedBytes} bytes: ${message}`, {
      cause,
      isTransient: true,
    });
  }
}
