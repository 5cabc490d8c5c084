import { describe, expect, it } from "vitest";
import { createCopyActivities } from "#src/nix/worker/build/copy-activities.js";
import type { ClientChannel } from "#src/nix/worker/client-channel.js";
import { pathOf } from "../substitute/fake-cache.js";

/** What a client is sent, in words. */
function openChannel(): { readonly channel: ClientChannel; readonly sent: string[] } {
  const sent: string[] = [];
  let next = 1;
  const channel: Pick<ClientChannel, "start" | "stop" | "result" | "warn"> = {
    start({ type, text }) {
      sent.push(`start ${String(next)}: ${String(type)} ${text}`.trim());
      return next++;
    },
    stop: (id) => void sent.push(`stop ${String(id)}`),
    result: (id, type, fields) => void sent.push(`result ${String(id)}: ${String(type)} ${fields.join(",")}`),
    warn: (message) => void sent.push(`warn ${message}`),
  };
  return { channel: channel as ClientChannel, sent };
}

const path = pathOf(1);
const copying = (from: string) => ({ type: "copying", path, from, narSizeBytes: 100 }) as const;

describe("the activities of copies", () => {
  it("begin, go on and end, as those of Nix", () => {
    const { channel, sent } = openChannel();
    const activities = createCopyActivities(channel, "/nix/store");
    activities.tell(copying("http://a"));
    activities.tell({ type: "received", path, receivedBytes: 50 });
    activities.tell({ type: "copied", path });
    activities.close();
    expect(sent).toEqual([
      ...["start 1: 103", "start 2: 108", `start 3: 100 copying path '/nix/store/${path}' from 'http://a'`],
      ...["result 1: 105 0,1,1,0", "result 3: 105 50,100,0,0", "stop 3", "stop 2", "result 1: 105 1,1,0,0", "stop 1"],
    ]);
  });

  it("are told once, though two derivations wait for the same path", () => {
    const { channel, sent } = openChannel();
    const activities = createCopyActivities(channel, "/nix/store");
    for (let i = 0; i < 2; i++) activities.tell(copying("http://a"));
    for (let i = 0; i < 2; i++) activities.tell({ type: "warning", message: "away" });
    for (let i = 0; i < 2; i++) activities.tell({ type: "copied", path });
    expect(sent.filter((each) => each.startsWith("start"))).toHaveLength(3);
    expect(sent.filter((each) => each.startsWith("stop"))).toHaveLength(2);
    expect(sent.filter((each) => each.startsWith("warn"))).toHaveLength(1);
  });

  it("begin anew with another cache, and end with what they are for", () => {
    const { channel, sent } = openChannel();
    const activities = createCopyActivities(channel, "/nix/store");
    activities.tell(copying("http://a"));
    activities.tell(copying("http://b"));
    activities.close();
    expect(sent.filter((each) => each.startsWith("stop"))).toEqual(["stop 3", "stop 2", "stop 5", "stop 4", "stop 1"]);
  });
});
