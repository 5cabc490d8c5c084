import { expect, it } from "vitest";
import { byteStringFrom, byteStringOf } from "@causeway/bridge/formats";
import { outputNotes } from "#src/outputs/output-notes.js";

it("makes no message of no notes", () => {
  expect(outputNotes(new Map())).toEqual([]);
});

it("makes one message of all notes", () => {
  const [message, ...more] = outputNotes(
    new Map([
      [byteStringOf("../nix/store/a"), { suspicious: true } as const],
      [byteStringFrom(Buffer.from("é")), { unsupported: "d/p" }],
    ]),
  );
  expect(more).toEqual([]);
  expect(message!.typeUrl).toBe("type.googleapis.com/causeway.executor.v1.OutputNotes");
  expect(Buffer.from(message!.value).toString()).toBe(
    '{"outputs":{"../nix/store/a":{"suspicious":true},"é":{"unsupported":"d/p"}}}',
  );
});
