import { describe, expect, it } from "vitest";
import { lacksOf } from "#src/cluster/probe/lacks.js";
import { parseSight, type Sight } from "#src/cluster/probe/sight.js";

/** What `causeway-run 2 look` printed in a sandbox of `causeway serve`. */
const SAID = `causeway-look 2
argv0 look
terminal 1
uid 1000
gid 100
proc 1
tmp 1
store 0
times 1
links 0
host localhost
device null
device zero
device full
device random
device urandom
device tty
device ptmx
device pts
device shm
device fd
device stdin
device stdout
device stderr
end
`;
const whole = parseSight(SAID)!;

describe("what a builder sees", () => {
  it("is read, also through a terminal and between other lines", () => {
    expect(whole).toMatchObject({ argv0: "look", uid: 1000, gid: 100, hasProc: true, interfaces: [] });
    expect(whole.devices).toHaveLength(13);
    expect(parseSight(`warning: x\n${SAID.replaceAll("\n", "\r\n")}bye\n`)).toEqual(whole);
  });

  it("is nothing if it is cut off, or something else", () => {
    expect(parseSight("")).toBeUndefined();
    expect(parseSight(SAID.slice(0, -4))).toBeUndefined();
    expect(parseSight(SAID.replace("look 2", "look 1"))).toBeUndefined();
    expect(parseSight(`end\n${SAID.slice(0, -4)}`)).toBeUndefined();
  });
});

describe("what builds miss", () => {
  it("is nothing in our own sandbox", () => {
    expect(lacksOf(whole, true)).toEqual([]);
    expect(lacksOf(whole, false)).toEqual(["output of builders comes when they have ended"]);
  });

  it.each<[Partial<Sight>, string]>([
    [{ hasProc: false }, "/proc is empty"],
    [{ devices: whole.devices.filter((name) => name !== "shm") }, "of /dev these are missing: shm"],
    [{ hasTmp: false }, "/tmp cannot be written to"],
    [{ uid: 30001 }, "builders run as user 30001 and group 100, not as 1000 and 100"],
    [{ interfaces: ["eth0"] }, "builders see the worker's network (eth0), also those that are to have none"],
    [{ hostName: "worker-3" }, "builders see the worker's host name (worker-3)"],
    [{ canWriteInputs: true }, "builders can write into their inputs"],
    [
      { hasStoreTimes: false },
      "files of inputs have the worker's times, which builds that keep times put into their outputs",
    ],
    [
      { hasLinkedInputs: true },
      "equal files of inputs are one file: builds that copy them with their links and change one change all",
    ],
    [{ hasTerminal: false }, "output of builders goes to no terminal"],
  ])("is said: %o", (change, sentence) => {
    expect(lacksOf({ ...whole, ...change }, true)).toEqual([sentence]);
  });
});
