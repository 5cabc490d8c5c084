export { createTranslator, type TranslatorOptions } from "./create-translator.js";
export type { TranslatorSettings } from "./settings.js";
export { localProfile, type Profile } from "./profile.js";
export { findProfile, profileNames } from "./profiles.js";
export { defaultFeatures, type BuilderCapabilities } from "./check-supported.js";
export type { NetworkFiles } from "./etc-files.js";
export { HELPER_VERSION, helperCallOf, type HelperCall } from "./helper-call.js";
