import type { Clock, Store } from "../../store/index.js";
import type { BuiltinBuilders, Translator } from "../build.js";
import type { Profile } from "./profile.js";
import type { TranslatorSettings } from "./settings.js";

/** What {@link createTranslator} takes. */
export interface TranslatorOptions {
  readonly store: Store;
  /** Default `/nix/store`. */
  readonly storeDir?: string;
  readonly profile: Profile;
  readonly settings?: TranslatorSettings;
  /** Without: every builtin builder is refused. */
  readonly builtins?: BuiltinBuilders;
  readonly clock?: Clock;
}

/** A translator that puts Actions into `store`. Its code is loaded when something is to be built: most starts of the program find nothing. */
export function createTranslator(options: TranslatorOptions): Translator {
  let loaded: Promise<Translator> | undefined;
  return {
    async prepare(ready, how) {
      loaded ??= import("./translate-derivation.js").then(({ createActionTranslator }) =>
        createActionTranslator(options),
      );
      return (await loaded).prepare(ready, how);
    },
  };
}
