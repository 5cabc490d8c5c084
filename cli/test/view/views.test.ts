import { describe, expect, it } from "vitest";
import { createLiveView } from "#src/view/create-live-view.js";
import { createPlainView } from "#src/view/create-plain-view.js";
import { cutToCells, printable, withoutColours } from "#src/view/progress-view.js";

const drv = "/nix/store/h0qb3wmwhkx4nsnnlp5janwnw1bz9ng8-hello-1.0.drv";

/** What a terminal shows after these bytes: enough of one for cursor-up and erase-below. */
function screen(bytes: string): string[] {
  const rows: string[] = [""];
  let row = 0;

  for (const [token] of bytes.matchAll(/\x1b\[(\d*)([A-Za-z])|\n|\r|[^\x1b\n\r]+/g)) {
    const control = /^\x1b\[(\d*)([A-Za-z])$/.exec(token);
    if (control?.[2] === "A") row = Math.max(0, row - Number(control[1]));
    else if (control?.[2] === "J") rows.splice(row, rows.length - row, "");
    else if (token === "\n") rows[++row] ??= "";
    else if (control === null && token !== "\r") rows[row] = (rows[row] ?? "") + token;
  }
  return rows.filter((line) => line !== "");
}

function live(printLogs = false, size = { columns: 40, rows: 24 }) {
  let written = "";
  let now = 0;
  let tick = (): void => undefined;
  let stopped = false;
  const view = createLiveView(
    { write: (text) => (written += text), ...size },
    {
      printLogs,
      nowMs: () => now,
      every: (_, callback) => {
        tick = callback;
        return () => (stopped = true);
      },
    },
  );
  return {
    view,
    frame: (ms: number) => ((now += ms), tick(), screen(written)),
    screen: () => screen(written),
    stopped: () => stopped,
  };
}

describe("the live view", () => {
  it("shows how far, what builds, since when, and the last line, cut to the terminal", () => {
    const { view, frame } = live();
    view.counts({ expected: 3, running: 1, done: 1, failed: 0 });
    view.started(drv);
    view.phase(drv, "buildPhase");
    view.line(drv, `first`);
    view.line(drv, `checking whether the C compiler works`);
    const rows = frame(2500);
    expect(rows).toEqual(["[1/1/3 built]", "  hello-1.0 (buildPhase) 2s checking wh"]);
    expect(rows[1]).toHaveLength(39);
  });

  it("lets messages scroll above it, and leaves only them behind", () => {
    const { view, frame, screen: shown, stopped } = live();
    view.started(drv);
    frame(100);
    view.message("error: it failed");
    expect(frame(100)).toEqual(["error: it failed", "[0/0/0 built]", "  hello-1.0 0s "]);
    view.finished(drv);
    view.close();
    expect(shown()).toEqual(["error: it failed"]);
    expect(stopped()).toBe(true);
  });

  it("shows no more rows than the screen has, and none that wrap", () => {
    const { view, frame } = live(false, { columns: 20, rows: 6 });
    view.counts({ expected: 300, running: 100, done: 100, failed: 7 });
    for (let index = 0; index < 5; index++) view.started(drv.replace("hello", `hello${index}`));
    expect(frame(0)).toEqual(["[100/100/300 built,", "  hello0-1.0 0s ", "  hello1-1.0 0s ", "  … and 3 more"]);
  });

  it("prints logs above when asked", () => {
    const { view, frame } = live(true);
    view.started(drv);
    view.line(drv, "one");
    expect(frame(0)[0]).toBe("hello-1.0> one");
  });
});

describe("the plain view", () => {
  it("says one line for each thing", () => {
    let written = "";
    const view = createPlainView({ write: (text) => (written += text) }, { printLogs: true });
    view.started(drv);
    view.line(drv, "one");
    view.finished(drv);
    view.close();
    expect(written).toBe(`building '${drv}'...\nhello-1.0> one\n`);
  });
});

describe("printable", () => {
  it("keeps colours and takes out what steers a terminal", () => {
    expect(printable("\x1b[31mred\x1b[0m\x1b[2J\x1b]0;title\x07 \ttab")).toBe("\x1b[31mred\x1b[0m[2J]0;title \ttab");
  });

  it("ends colours with the line", () => {
    expect(printable("\x1b[31mred")).toBe("\x1b[31mred\x1b[0m");
  });

  it("takes out the C1 controls, which some terminals obey", () => {
    expect(printable("a\x9b2Jb")).toBe("a2Jb");
  });

  it("takes colours out where nobody sees them", () => {
    expect(withoutColours("\x1b[1;31mred\x1b[0m")).toBe("red");
  });
});

describe("cutToCells", () => {
  it("counts what a terminal shows in two cells as two", () => {
    expect(cutToCells("日本語", 5)).toBe("日本");
    expect(cutToCells("👩‍👩‍👧 x", 3)).toBe("👩‍👩‍👧 ");
    expect(cutToCells("e\u0301tat", 2)).toBe("e\u0301t");
    expect(cutToCells("abc", 5)).toBe("abc");
  });
});
