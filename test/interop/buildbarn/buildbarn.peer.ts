import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createServerHome } from "../../serve/start-server.ts";
import { goPrograms } from "../peers/go-program.ts";
import { temporaryDirectory } from "../peers/start-peer.ts";
import { createRemoteTool, type RemoteTool } from "../remotetool/remotetool.ts";
import { buildbarnFolder, startBuildbarn } from "./start-buildbarn.ts";

const folder = buildbarnFolder();

describe.skipIf(folder === undefined)(
  folder === undefined ? "Buildbarn: not run, $BUILDBARN_BIN is not set to the folder of its programs" : "Buildbarn",
  () => {
    const opened = new AsyncDisposableStack();
    let tool: RemoteTool;
    let server: { grpc: string; http: string };
    beforeAll(async () => {
      const directory = opened.use(await temporaryDirectory()).path;
      // It only stores: whatever is executed, Buildbarn has executed.
      const home = opened.use(await createServerHome());
      server = await home.start({ config: "execution:\n  enabled: false\n" }).ready();
      const state = join(directory, "buildbarn");
      const buildbarn = opened.use(
        await startBuildbarn({ folder: folder ?? "", directory: state, storage: server.grpc }),
      );
      tool = createRemoteTool(await goPrograms(), { execution: buildbarn.execution, cas: server.grpc }, directory);
    });
    afterAll(() => opened.disposeAsync());

    it("has its workers read inputs from it and write outputs and results to it", async () => {
      const inputs = { "in.txt": "hello\n" };
      const command = "tr a-z A-Z < in.txt > out.txt; seq 1 1000000 > large";
      const results = await tool.execute(command, inputs, ["out.txt", "large"]);
      expect(await readFile(join(results, "out.txt"), "utf8")).toBe("HELLO\n");
      expect((await readFile(join(results, "large"), "utf8")).split("\n")).toHaveLength(1_000_001);
      const metrics = await (await fetch(`${server.http}/metrics`)).text();
      expect(metrics).toMatch(/UpdateActionResult",code="Ok"/);
    });
  },
);
