import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryStore, openDiskStore, type Clock, type Store } from "@causeway/bridge/store";
import type { StoreHandle } from "../suites/store-handle.js";

/** A memory store. */
export async function openMemory(clock?: Clock): Promise<StoreHandle> {
  const store = createMemoryStore(clock === undefined ? {} : { clock });
  return {
    store,
    reopen: () => Promise.reject(new Error("a memory store does not stay")),
    close: async () => store[Symbol.asyncDispose](),
  };
}

/** A disk store in a directory of its own. */
export async function openDisk(clock?: Clock): Promise<StoreHandle & { readonly directory: string }> {
  const directory = fs.mkdtempSync(join(tmpdir(), "causeway-store-"));
  const open = (): Promise<Store> =>
    openDiskStore({ directory, storeDir: "/nix/store", ...(clock === undefined ? {} : { clock }) });
  let store = await open();
  return {
    store,
    directory,
    async reopen() {
      await store[Symbol.asyncDispose]();
      store = await open();
      return store;
    },
    async close() {
      await store[Symbol.asyncDispose]();
      fs.rmSync(directory, { recursive: true, force: true });
    },
  };
}
