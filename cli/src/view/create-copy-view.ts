import { printStorePath, type StorePath } from "@causeway/bridge/formats";
import type { CopyEvent } from "@causeway/bridge/nix";
import { formatSize } from "../sizes.js";
import { withoutColours } from "./progress-view.js";

/** Shows what is copied. */
export interface CopyView {
  tell(event: CopyEvent, from: string, to: string): void;
  message(text: string): void;
  /** Removes what is not to stay. */
  close(): void;
}

/** Where it is shown. */
export interface CopyViewTarget {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** A line for each path, as Nix; on a terminal, below them, how far it is. */
export function createCopyView(target: CopyViewTarget, { storeDir }: { readonly storeDir: string }): CopyView {
  const received = new Map<StorePath, number>();
  let planned = { paths: 0, narSizeBytes: 0 };
  let copied = 0;
  let copiedBytes = 0;
  let hasStatus = false;
  const clear = (): void => {
    if (hasStatus) target.write("\r\u001b[K");
    hasStatus = false;
  };
  const line = (text: string): void => {
    clear();
    target.write(`${text}\n`);
  };
  const status = (): void => {
    if (target.isTTY !== true) return;
    const bytes = [...received.values()].reduce((sum, each) => sum + each, copiedBytes);
    const sizes = `${formatSize(bytes)}/${formatSize(planned.narSizeBytes)}`;
    target.write(`\r\u001b[K[${String(copied)}/${String(planned.paths)} copied (${sizes})]`);
    hasStatus = true;
  };
  return {
    tell(event, from, to) {
      switch (event.type) {
        case "planned":
          planned = event;
          if (event.paths > 0) line(`copying ${String(event.paths)} paths...`);
          return;
        case "copying":
          line(`copying path '${printStorePath(storeDir, event.path)}' from '${from}' to '${to}'...`);
          received.set(event.path, 0);
          break;
        case "received":
          received.set(event.path, event.receivedBytes);
          break;
        case "copied":
          copied++;
          copiedBytes += received.get(event.path) ?? 0;
          received.delete(event.path);
      }
      status();
    },
    message: (text) => line(withoutColours(text)),
    close: clear,
  };
}
