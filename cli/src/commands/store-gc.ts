import { collectGarbage } from "@causeway/bridge/store";
import { Code, StatusError } from "@causeway/bridge/status";
import { openState, type StateOptions } from "../compose/state.js";
import { formatSize, parseSize } from "../sizes.js";

/** `causeway store gc`. */
export async function storeGc(
  options: StateOptions & { readonly maxSize?: string; readonly grace: string },
): Promise<void> {
  if (!/^\d+$/.test(options.grace))
    throw new StatusError(Code.InvalidArgument, `--grace wants seconds, not '${options.grace}'`);
  await using state = await openState(options, "write");
  const report = await collectGarbage(state.store, {
    graceMs: Number(options.grace) * 1000,
    ...(options.maxSize === undefined ? {} : { maxSizeBytes: parseSize(options.maxSize) }),
  });
  process.stderr.write(`freed ${formatSize(report.removedBytes)}; ${formatSize(report.sizeBytes)} remain\n`);
}
