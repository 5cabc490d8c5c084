import { DEFAULT_STORE_DIR, isFixedOutput, isImpure, printStorePath } from "../../formats/index.js";
import { BuildFailure, BuildStatus, type BuiltinBuilders } from "../../coordinator/build.js";
import { hasCode, Code, StatusError } from "../../status/index.js";
import type { Store } from "../../store/index.js";
import { BuiltinError, type Builtin, type BuiltinContext } from "./builtin-context.js";
import type { FetchUrlSettings } from "./fetch-url.js";

/** What {@link createBuiltins} takes. */
export interface BuiltinsOptions {
  readonly store: Store;
  /** Default `/nix/store`. */
  readonly storeDir?: string;
  readonly fetchUrl?: FetchUrlSettings;
}

/** The builders that are functions of Nix: `builtin:fetchurl`, `builtin:buildenv`, `builtin:unpack-channel`. Each is loaded when it is used. */
export function createBuiltins(options: BuiltinsOptions): BuiltinBuilders {
  const { store, storeDir = DEFAULT_STORE_DIR } = options;
  const builtins = new Map<string, () => Promise<Builtin>>([
    ["fetchurl", async () => (await import("./fetch-url.js")).createFetchUrl(options.fetchUrl ?? {})],
    ["buildenv", async () => (await import("./build-env.js")).buildEnv],
    ["unpack-channel", async () => (await import("./unpack-channel.js")).unpackChannel],
  ]);
  return {
    async run(derivation, { drvPath, variables, inputs, signal, onLog }) {
      const log = (line: string): void => onLog?.(Buffer.from(`${line}\n`));
      const name = derivation.builder.slice("builtin:".length);
      const load = builtins.get(name);
      const failed = (message: string, cause?: unknown): BuildFailure => {
        log(`error: ${message}`);
        const isTransient = isFixedOutput(derivation) || isImpure(derivation);
        return new BuildFailure(
          isTransient ? BuildStatus.TransientFailure : BuildStatus.PermanentFailure,
          `builder for '${printStorePath(storeDir, drvPath)}' failed with exit code 1`,
          { cause, showLog: true },
        );
      };
      if (load === undefined) throw failed(`unsupported builtin builder '${name}'`);
      const context: BuiltinContext = {
        store,
        storeDir,
        variables,
        inputs,
        log,
        ...(signal !== undefined && { signal }),
      };
      const builtin = await load();
      try {
        return new Map([["out", await builtin(context)]]);
      } catch (reason) {
        if (signal?.aborted === true) throw StatusError.from(signal.reason);
        if (reason instanceof BuiltinError) throw failed(reason.message, reason);
        // What an archive or a tree holds is the derivation's fault, not the service's.
        if (hasCode(reason, Code.InvalidArgument)) throw failed((reason as StatusError).message, reason);
        throw reason;
      }
    },
  };
}
