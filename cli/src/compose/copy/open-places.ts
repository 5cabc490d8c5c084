import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BuildSettings } from "@causeway/bridge/config";
import {
  createCacheDestination,
  createDaemonDestination,
  createDaemonSource,
  createSigner,
  createStoreDestination,
  createStoreSource,
  httpFilesOptions,
  isCacheUrl,
  openCache,
  openCacheFiles,
  packerOf,
  type PathDestination,
  type PathSource,
} from "@causeway/bridge/nix";
import { createWorkerPool, openWorkerConnection, type WorkerPool } from "@causeway/bridge/nix/worker";
import { Code, hasCode, StatusError } from "@causeway/bridge/status";
import { systemClock } from "@causeway/bridge/store";
import { openSource } from "../coordinator.js";
import { daemonSocketOf } from "../daemon/socket-address.js";
import { networkTrust } from "../network-trust.js";
import { readKey } from "../read-key.js";
import { stateDirectory } from "../state-directory.js";
import { openState, type OpenState, type StateOptions } from "../state.js";
import { importContext } from "../substitution.js";
import { daemonLocationOf, socketLocation, type DaemonLocation } from "./daemon-location.js";

/** What places are opened with. */
export interface PlaceOptions {
  readonly settings: BuildSettings;
  readonly storeDir: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly checkSignatures: boolean;
  /** A daemon may fetch what it lacks by itself. */
  readonly substituteOnDestination: boolean;
  /** What a daemon says to a person. */
  readonly onLine: (line: string) => void;
}

/** How archives are packed unless the URL says: zstd is several times as fast as xz at about the same size, and read since Nix 2.4. */
const DEFAULT_COMPRESSION = "zstd";

/** The place at a URL, to copy from. @throws StatusError InvalidArgument. */
export function openRemoteSource(url: string, options: PlaceOptions): PathSource {
  if (isCacheUrl(url)) {
    const { settings, storeDir } = options;
    const http = httpFilesOptions(settings.substitution, networkTrust(settings));
    return openCache(url, { storeDir, clock: systemClock }, settings.substitution, http).cache;
  }
  const location = locationOf(url, options);
  return createDaemonSource(poolOf(location, options), location.uri);
}

/** The place at a URL, to copy to. @throws StatusError InvalidArgument. */
export function openRemoteDestination(url: string, options: PlaceOptions): PathDestination {
  if (isCacheUrl(url)) return cacheDestination(url, options);
  const location = locationOf(url, options);
  return daemonDestination(location, options);
}

/** Our own state, to copy from, beside whoever writes to it. */
export async function openStateSource(state: StateOptions): Promise<PathSource> {
  const opened = await openState(state, "read");
  return {
    ...createStoreSource(opened.store, opened.directory),
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}

/** Our own state, to copy to; through the daemon that has it, where one has. @throws StatusError FailedPrecondition if it is in use. */
export async function openStateDestination(
  stateOptions: StateOptions,
  options: PlaceOptions,
): Promise<PathDestination> {
  let state: OpenState;
  try {
    state = await openState(stateOptions, "write");
  } catch (reason) {
    if (!hasCode(reason, Code.FailedPrecondition)) throw reason;
    const directory = stateDirectory(stateOptions.state, options.environment);
    const location = socketLocation(directory, daemonSocketOf(directory));
    const stream = await location.connect().catch(() => {
      throw reason; // Whoever has the state is no daemon.
    });
    await stream.close();
    return daemonDestination(location, options);
  }
  const { checkSignatures } = options;
  const context = importContext(state, options.settings, openSource(state, []));
  return {
    ...createStoreDestination(context, state.directory, { checkSignatures }),
    [Symbol.asyncDispose]: () => state[Symbol.asyncDispose](),
  };
}

function locationOf(url: string, { storeDir, environment }: PlaceOptions): DaemonLocation {
  const location = daemonLocationOf(url, storeDir, environment);
  if (location !== undefined) return location;
  throw new StatusError(
    Code.InvalidArgument,
    `'${url}' is no place for store paths: http(s)://HOST, file:///DIR, s3://BUCKET, ssh-ng://HOST, unix://SOCKET, ${storeDir} or 'daemon'`,
  );
}

function poolOf(location: DaemonLocation, { storeDir, onLine }: PlaceOptions): WorkerPool {
  return createWorkerPool(async () => {
    const stream = await location.connect();
    try {
      return await openWorkerConnection(stream, { storeDir, onLine });
    } catch (cause) {
      stream.destroy();
      throw StatusError.wrap(cause, `connecting to '${location.uri}'`, Code.Unavailable);
    }
  }, location.connectionsMax);
}

function daemonDestination(location: DaemonLocation, options: PlaceOptions): PathDestination {
  const { checkSignatures, substituteOnDestination: substitute } = options;
  return createDaemonDestination(poolOf(location, options), location.uri, { checkSignatures, substitute });
}

function cacheDestination(url: string, { settings, storeDir }: PlaceOptions): PathDestination {
  const http = httpFilesOptions(settings.substitution, networkTrust(settings));
  let written = 0;
  const unique = (): string => `${String(process.pid)}-${String(written++)}`;
  const { files, parameters } = openCacheFiles(url, { http, unique });
  const packer = packerOf(parameters.get("compression") ?? DEFAULT_COMPRESSION);
  const keyFile = parameters.get("secret-key");
  const keys = [...settings.secretKeyFiles, ...(keyFile === null ? [] : [keyFile])].map(readKey);
  const temporaryDirectory = mkdtempSync(join(tmpdir(), "causeway-copy-"));
  const destination = createCacheDestination(files, {
    ...{ storeDir, packer, temporaryDirectory },
    ...(keys.length > 0 && { signer: createSigner(keys, storeDir) }),
  });
  return {
    ...destination,
    async [Symbol.asyncDispose]() {
      await destination[Symbol.asyncDispose]();
      rmSync(temporaryDirectory, { recursive: true, force: true });
    },
  };
}
