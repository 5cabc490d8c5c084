import { narOf, type Store } from "../../store/index.js";
import type { ImportContext } from "../import/import-context.js";
import { importPath } from "../import/import-path.js";
import type { PathSource } from "../substitute/path-source.js";
import { counted } from "./counted.js";
import type { PathDestination } from "./path-destination.js";

/** Our own store, to copy from. Disposing it does nothing: the store is the caller's. */
export function createStoreSource(store: Store, uri: string): PathSource {
  return {
    uri,
    async find(path) {
      const info = await store.pathInfos.get(path);
      if (info === undefined) return undefined;
      return {
        info,
        downloadBytes: info.narSizeBytes,
        open: (signal) => narOf(store, info.node, signal === undefined ? {} : { signal }),
      };
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/**
 * Our own store, to copy to. Disposing it does nothing.
 *
 * @param options.checkSignatures take only what a trusted key has signed, or what its content address proves.
 */
export function createStoreDestination(
  context: ImportContext,
  uri: string,
  { checkSignatures }: { readonly checkSignatures: boolean },
): PathDestination {
  return {
    uri,
    async validAmong(paths) {
      const infos = await context.store.pathInfos.getMany(paths);
      return new Set(paths.filter((_, i) => infos[i] !== undefined));
    },
    async add(offer, { signal, references, onReceived = () => undefined }) {
      await importPath(context, { ...offer.info, ultimate: false }, counted(offer.open(signal), onReceived), {
        repair: false,
        acceptUnsigned: !checkSignatures,
        beforeRegistration: () => references,
        ...(signal !== undefined && { signal }),
      });
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}
