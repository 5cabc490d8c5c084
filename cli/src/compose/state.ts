import { existsSync, readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_STORE_DIR, parseStorePath, splitStorePath, type StorePath } from "@causeway/bridge/formats";
import { Code, StatusError } from "@causeway/bridge/status";
import { openDiskStore, type LocalStore, type PathInfo } from "@causeway/bridge/store";
import { stateDirectory } from "./state-directory.js";

/** The options that every command on a state has. */
export interface StateOptions {
  readonly state?: string;
}

/** The logical store directory: what paths begin with, wherever their files are. */
export function logicalStoreDir(env: NodeJS.ProcessEnv): string {
  const said = env["NIX_STORE_DIR"];
  return said === undefined || said === "" ? DEFAULT_STORE_DIR : said;
}

/** A state that this process has opened. */
export interface OpenState extends AsyncDisposable {
  readonly store: LocalStore;
  readonly directory: string;
  readonly storeDir: string;
}

/**
 * Opens the state that the options and the environment name.
 *
 * @param mode `read` works beside a process that writes; `write` is exclusive.
 * @throws StatusError FailedPrecondition if another process writes to it.
 */
export async function openState(options: StateOptions, mode: "read" | "write"): Promise<OpenState> {
  const directory = stateDirectory(options.state, process.env);
  const storeDir = logicalStoreDir(process.env);
  const store = await openDiskStore({ directory, storeDir, readOnly: mode === "read" });
  try {
    if (mode === "write") await recoverWork(workDirectoryOf(directory));
  } catch (reason) {
    await store[Symbol.asyncDispose]();
    throw reason;
  }
  return { store, directory, storeDir, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
}

/** Where running actions of a state have their files. */
export const workDirectoryOf = (directory: string): string => join(directory, "work");

/** Whoever has the lock cleans up after a killed command, whatever it has come for. */
async function recoverWork(workDirectory: string): Promise<void> {
  if (!existsSync(workDirectory) || readdirSync(workDirectory).length === 0) return;
  const { recover } = await import("@causeway/executor"); // Most commands need nothing of it.
  await recover(workDirectory);
}

/**
 * The store path that a person means: a full path, its base name, or a link to it (`./result`), perhaps with a path below it.
 *
 * @returns with that path in `rest`, without slashes around it.
 *
 * @throws StatusError InvalidArgument.
 */
export function storePathFrom(storeDir: string, text: string): { readonly path: StorePath; readonly rest: string } {
  try {
    if (!text.includes("/")) return { path: parseStorePath(text), rest: "" };
    const { path, rest } = splitStorePath(storeDir, text.startsWith(`${storeDir}/`) ? text : realpathSync(text));
    return { path, rest: rest.replace(/^\/+|\/+$/g, "") };
  } catch (cause) {
    throw new StatusError(Code.InvalidArgument, `path '${text}' is not in the store '${storeDir}'`, { cause });
  }
}

/** @throws StatusError NotFound with Nix's words. */
export async function validPath(state: OpenState, path: StorePath): Promise<PathInfo> {
  const info = await state.store.pathInfos.get(path);
  if (info === undefined) throw new StatusError(Code.NotFound, `path '${state.storeDir}/${path}' is not valid`);
  return info;
}
