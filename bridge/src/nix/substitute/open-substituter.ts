import type { SubstitutionSettings } from "../../config/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { ImportContext } from "../import/import-context.js";
import type { DownloadOptions } from "../http/http-request.js";
import { createBinaryCache } from "./cache/create-binary-cache.js";
import type { HttpFilesOptions } from "./cache/create-http-files.js";
import { openCacheFiles } from "./cache/open-binary-cache.js";
import type { TrustedCache } from "./create-finder.js";
import { createSubstituter } from "./create-substituter.js";
import type { Substituter } from "./substituter.js";

/** The first answer of a cache, tries included. Long enough for one far away; all that an offline machine waits. */
const CONTACT_TIMEOUT_MS = 10_000;
/** Some caches make their answers when they are asked. */
const QUERY_TIMEOUT_MS = 30_000;
/** As Nix, which "disables" a substituter for a minute. */
const AWAY_MS = 60_000;
/** Archives at once: unpacking is the work of one processor, and each is a stream into the store. */
const TRANSFERS_MAX = 16;

/** What caches are opened with. */
export interface OpenSubstituterOptions {
  readonly context: ImportContext;
  readonly settings: SubstitutionSettings;
  readonly http: Pick<DownloadOptions, "netrc" | "caCertificates">;
}

/** How a cache behind HTTP is talked to, by the settings. */
export function httpFilesOptions(
  settings: SubstitutionSettings,
  http: Pick<DownloadOptions, "netrc" | "caCertificates">,
): HttpFilesOptions {
  return {
    ...http,
    attemptsMax: settings.attemptsMax,
    connectTimeoutMs: settings.connectTimeoutMs,
    stalledTimeoutMs: settings.stalledTimeoutMs,
    answerTimeoutMs: Math.min(settings.stalledTimeoutMs, QUERY_TIMEOUT_MS),
    connectionsMax: settings.connectionsMax,
  };
}

/**
 * The substituter that the settings describe. Nothing is asked before something is missing.
 *
 * @throws StatusError InvalidArgument that names the setting.
 */
export function openSubstituter({ context, settings, http }: OpenSubstituterOptions): Substituter {
  const { substituters, requireSignatures, connectionsMax } = settings;
  const files = httpFilesOptions(settings, http);
  return createSubstituter({
    context,
    caches: substituters.map((url) => {
      try {
        return openCache(url, context, settings, files);
      } catch (cause) {
        throw StatusError.wrap(cause, "setting 'substituters'", Code.InvalidArgument);
      }
    }),
    requireSignatures,
    transfersMax: Math.min(TRANSFERS_MAX, connectionsMax),
  });
}

/** The cache at a URL, to be read. @throws StatusError InvalidArgument for anything else than the URL of one. */
export function openCache(
  url: string,
  { storeDir, clock }: Pick<ImportContext, "storeDir" | "clock">,
  { positiveTtlMs, negativeTtlMs }: SubstitutionSettings,
  http: HttpFilesOptions,
): TrustedCache {
  const { files, parameters } = openCacheFiles(url, { http, unique: nobodyWrites });
  const priority = parameters.get("priority");
  const cache = createBinaryCache(files, {
    storeDir,
    clock,
    positiveTtlMs,
    negativeTtlMs,
    contactTimeoutMs: CONTACT_TIMEOUT_MS,
    queryTimeoutMs: QUERY_TIMEOUT_MS,
    awayMs: AWAY_MS,
    ...(priority !== null && /^\d{1,9}$/.test(priority) && { priority: Number(priority) }),
  });
  return { cache, isTrusted: ["1", "true"].includes(parameters.get("trusted") ?? "") };
}

function nobodyWrites(): never {
  throw new Error("a substituter writes nothing");
}
