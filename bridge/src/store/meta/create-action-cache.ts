import type { Digest } from "../../digest/index.js";
import { Code, hasCode } from "../../status/index.js";
import type { ActionCache, ActionName } from "../action-cache.js";
import { RecordReader, RecordWriter } from "../index-db/record.js";
import type { StoreCore } from "../store-core.js";
import { missingBlobs, type Completeness } from "./completeness.js";
import { actionToKey } from "./digest-code.js";
import { blobsOfResult, parseActionResult } from "./result-references.js";

/** Bytes of last use and generation before the message. */
const MESSAGE_AT = 8;

/**
 * Action results in table `actions`: the action and the instance's name → last use (4), the generation in which the entry was last found complete (4),
 * the `ActionResult` as received.
 */
export function createActionCache(core: StoreCore, completeness: Completeness): ActionCache {
  const table = core.index.tables.actions;

  async function absentOf(action: ActionName, message: Uint8Array): Promise<Digest[]> {
    const result = parseActionResult(message, action.fn);
    return completeness.missing(await blobsOfResult(core, result));
  }

  async function put(key: Buffer, message: Uint8Array, generation: number): Promise<void> {
    const header = new RecordWriter().u32(core.usage.nowSeconds()).u32(generation).finish();
    await core.index.write(() => {
      table.put(key, Buffer.concat([header, message]));
    });
  }

  async function remove(key: Buffer): Promise<void> {
    await core.index.write(() => {
      table.remove(key);
    });
  }

  /** Whether the entry is whole now; it is dropped if it cannot be any more. */
  async function recheck(action: ActionName, key: Buffer, message: Uint8Array): Promise<boolean> {
    const generation = core.generation.current();
    try {
      const whole = (await absentOf(action, message)).length === 0;
      if (core.readOnly) return whole;
      await (whole ? put(key, message, generation) : remove(key));
      return whole;
    } catch (error) {
      if (!hasCode(error, Code.DataLoss)) throw error;
      return false;
    }
  }

  return {
    async get(action, options) {
      const key = actionToKey(action, options?.instanceName);
      const value = table.get(key);
      if (value === undefined) return undefined;
      const message = value.subarray(MESSAGE_AT);
      if (new RecordReader(value, 4).u32() === core.generation.current()) {
        core.usage.touch("actions", key, value);
        return message;
      }
      const whole = await core.gate.shared(() => recheck(action, key, message));
      return whole ? message : undefined;
    },
    async put(action, result, options) {
      await core.gate.shared(async () => {
        const generation = core.generation.current();
        const absent = await absentOf(action, result);
        if (absent.length > 0) throw missingBlobs("the action result", absent);
        await put(actionToKey(action, options?.instanceName), result, generation);
      });
    },
    remove: (action, options) => remove(actionToKey(action, options?.instanceName)),
  };
}
