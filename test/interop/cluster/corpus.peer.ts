import { afterAll, beforeAll, describe } from "vitest";
import { toolchainOn } from "../cli/toolchain-suite.ts";
import { corpusOn } from "./corpus-suite.ts";
import { clusterKinds } from "./kinds.ts";

// What the parity tests build here, built on clusters: the corpus as far as each can host it, and GNU hello with its toolchain.

for (const { name, id, absent, exceptions, hasProc, start } of clusterKinds)
  describe.skipIf(absent !== undefined)(`on ${name}`, () => {
    const opened = new AsyncDisposableStack();
    let url: string;
    beforeAll(async () => {
      url = await start(opened);
    }, 600_000);
    afterAll(() => opened.disposeAsync(), 60_000);

    describe("the corpus", () => corpusOn(id, () => ["--remote", url], exceptions));
    describe("the toolchain example", () => toolchainOn(() => ["--remote", url], { onlyHello: !hasProc }));
  });
