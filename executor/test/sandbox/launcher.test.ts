import { expect, it } from "vitest";
import { byteStringFrom, byteStringOf } from "@causeway/bridge/formats";
import { launchOf, launchScript } from "#src/sandbox/launcher.js";

const B = byteStringOf;
const environment = new Map([[B("A"), B("it's")]]);

it("leaves a command alone that a runtime can carry", () => {
  const request = { arguments: [B("/bin/é")], environment, joinStreams: false, directory: "/nowhere" };
  expect(launchOf(request)).toEqual({ arguments: [B("/bin/é")], environment, mounts: [], viaLauncher: false });
});

it("quotes what shells would read otherwise, and keeps bytes as they are", () => {
  const odd = byteStringFrom(Buffer.from([0x81, 0xff, 0x0a]));
  const script = launchScript({ arguments: [B("/x"), odd, B("")], environment, joinStreams: false });
  expect(script).toBe(`exec '/dev/.launch/busybox' 'env' '-i' 'A=it'\\''s' '/x' '\x81\xff\n' ''\n`);
});

it("makes one stream of two when asked to", () => {
  expect(launchScript({ arguments: [B("/x")], environment: new Map(), joinStreams: true })).toMatch(/'\/x' 2>&1\n$/);
});
