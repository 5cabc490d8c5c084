import { planBuilds } from "../../plan-builds.js";
import type { Call } from "../call.js";
import { parseDerivedPath } from "../wire/derived-path.js";
import { writePaths } from "../wire/values.js";
import { substituterOf, warningsTo } from "./substituting.js";

/** What would be built or fetched, and what nobody knows how to make. */
export async function queryMissing(call: Call): Promise<undefined> {
  const { reader, daemon, session, reply } = call;
  const { storeDir, store, derivations } = daemon;
  const texts = await reader.list("paths", () => reader.text("path"));
  const requests = texts.map((text) => parseDerivedPath(storeDir, text, session.minor));
  const parts = {
    pathInfos: store.pathInfos,
    load: async (drvPath: Parameters<typeof derivations.load>[0]) =>
      (await store.pathInfos.get(drvPath)) === undefined ? undefined : await derivations.load(drvPath),
    substituter: substituterOf(call),
    alwaysSubstitute: daemon.alwaysSubstitute,
    onEvent: warningsTo(call),
  };
  const plan = await call.cancellable((signal) => planBuilds(parts, requests, signal));
  writePaths(reply, storeDir, plan.willBuild.keys());
  writePaths(reply, storeDir, plan.willSubstitute.keys());
  writePaths(reply, storeDir, plan.unknown);
  const sizes = [...plan.willSubstitute.values()];
  reply.number(sizes.reduce((sum, { downloadBytes }) => sum + downloadBytes, 0));
  reply.number(sizes.reduce((sum, { narSizeBytes }) => sum + narSizeBytes, 0));
  return undefined;
}
