import { describe, expect, it } from "vitest";
import { parseStorePath } from "@causeway/bridge/formats";
import { createCopyView } from "#src/view/create-copy-view.js";

const path = parseStorePath(`${"0".repeat(32)}-x`);

function shown(isTTY: boolean): string {
  let text = "";
  const view = createCopyView({ isTTY, write: (piece) => (text += piece) }, { storeDir: "/nix/store" });
  view.tell({ type: "planned", paths: 1, narSizeBytes: 2048 }, "from", "to");
  view.tell({ type: "copying", path, narSizeBytes: 2048 }, "from", "to");
  view.message("\u001b[31mdaemon\u001b[0m says");
  view.tell({ type: "received", path, receivedBytes: 1024 }, "from", "to");
  view.tell({ type: "copied", path }, "from", "to");
  view.close();
  return text;
}

describe("the view of a copy", () => {
  it("is a line for each path", () => {
    expect(shown(false)).toBe(
      `copying 1 paths...\ncopying path '/nix/store/${path}' from 'from' to 'to'...\ndaemon says\n`,
    );
  });

  it("has on a terminal a last line that says how far it is, and does not stay", () => {
    const text = shown(true);
    expect(text).toContain("\r\u001b[K[0/1 copied (1.0 KiB/2.0 KiB)]");
    expect(text.endsWith("[1/1 copied (1.0 KiB/2.0 KiB)]\r\u001b[K")).toBe(true);
  });

  it("says nothing where there is nothing to do", () => {
    let text = "";
    const view = createCopyView({ write: (piece) => (text += piece) }, { storeDir: "/nix/store" });
    view.tell({ type: "planned", paths: 0, narSizeBytes: 0 }, "from", "to");
    view.close();
    expect(text).toBe("");
  });
});
