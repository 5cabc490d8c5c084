import { createCoordinator, type Coordinator } from "#src/coordinator/driver.js";
import { createTranslator, localProfile } from "#src/coordinator/translate/index.js";
import type { StorePath } from "#src/formats/index.js";
import { createRegistrar } from "#src/nix/registration/index.js";
import { derivationAt, recordedOutput, STORE_DIR } from "../nix/registration/recorded-outputs.js";
import { openClient, type Client } from "./open-client.js";

/** Builds of recorded derivations on a cluster, down to what is registered. */
export interface Builds extends AsyncDisposable {
  readonly client: Client;
  /** How a derivation ended, and those of its outputs that are registered. */
  build(name: string): Promise<{
    readonly status: number;
    readonly errorText: string;
    readonly registered: readonly StorePath[];
  }>;
}

/** A coordinator whose translator, registrar and store are the real ones, and whose clock needs no time. */
export async function openBuilds(address: string): Promise<Builds> {
  const client = await openClient(address, { limits: { unavailableMs: 1_000 } });
  const { store, clock, execution } = client;
  const coordinator: Coordinator = createCoordinator({
    source: { load: (drvPath) => Promise.resolve(derivationAt(drvPath)), ensureValid: () => Promise.resolve() },
    translator: createTranslator({ store, profile: localProfile }),
    registrar: createRegistrar({ store }),
    execution,
    pathInfos: store.pathInfos,
    blobs: store.blobs,
    notes: store.notes,
    clock,
    random: () => 0.5,
    storeDir: STORE_DIR,
  });
  return {
    client,
    async build(name) {
      const { drvPath, derivation } = recordedOutput(name);
      const { results } = await coordinator.build([{ drvPath, outputs: "all" }]);
      const { status, errorText = "" } = results[0]!;
      const paths = [...derivation.outputs.values()].flatMap((output) => ("path" in output ? [output.path] : []));
      const infos = await store.pathInfos.getMany(paths);
      return { status, errorText, registered: paths.filter((_, i) => infos[i] !== undefined) };
    },
    async [Symbol.asyncDispose]() {
      await coordinator[Symbol.asyncDispose]();
      await client[Symbol.asyncDispose]();
    },
  };
}
