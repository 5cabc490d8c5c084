import { describe, expect, it } from "vitest";
import { converse, hello, openDaemon } from "../nix/worker/open-daemon.js";
import { requests } from "../nix/worker/requests.js";
import { below, cutUp, mutate, randomOf } from "./mutate.js";

const ROUNDS = 1500;
const all = Object.values(requests);

describe("the worker protocol", () => {
  it("answers the same, however the request is cut into pieces", async () => {
    const random = randomOf(20);
    for (const request of all) {
      const whole = await converse(openDaemon(), [hello(), request]);
      const bytes = Buffer.concat([hello(), request]);
      const pieces = cutUp(random, bytes).filter(({ byteLength }) => byteLength > 0);
      expect(await converse(openDaemon(), pieces)).toEqual(whole);
    }
  });

  it("ends well with whatever comes, and stores nothing that is not whole", async () => {
    const random = randomOf(21);
    for (let round = 0; round < ROUNDS; round++) {
      const daemon = openDaemon();
      const conversation = [all[below(random, all.length)]!, all[below(random, all.length)]!];
      await converse(daemon, [hello(), mutate(random, Buffer.concat(conversation))], { isTrusted: false });
      // What is valid is so under the path that follows from its contents: nothing else can be added without a key.
      for await (const info of daemon.store.pathInfos.list()) expect(info.ca, `round ${round}`).toBeDefined();
    }
  });
});
