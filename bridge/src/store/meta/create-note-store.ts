import { Code, StatusError } from "../../status/index.js";
import type { NoteStore } from "../store.js";
import type { StoreCore } from "../store-core.js";

/** Notes are small facts; contents belong into blobs. */
const NOTE_BYTES_MAX = 64 * 1024;
/** Below lmdb's own limit of 1,978 bytes for a key. */
const KEY = /^[a-z0-9-]+\/[\x21-\x7e]{1,512}$/;

/** Notes, in the table of that name. */
export function createNoteStore(core: StoreCore): NoteStore {
  const table = core.index.tables.notes;
  return {
    async get(key) {
      return table.get(keyOf(key));
    },
    async put(key, value) {
      if (value.byteLength > NOTE_BYTES_MAX)
        throw new StatusError(Code.InvalidArgument, `note ${key} is longer than ${String(NOTE_BYTES_MAX)} bytes`);
      await core.index.write(() => {
        table.put(keyOf(key), value);
      });
    },
    async remove(key) {
      await core.index.write(() => {
        table.remove(keyOf(key));
      });
    },
  };
}

function keyOf(key: string): Buffer {
  if (!KEY.test(key)) throw new StatusError(Code.InvalidArgument, `${JSON.stringify(key)} is no key of a note`);
  return Buffer.from(key, "latin1");
}
