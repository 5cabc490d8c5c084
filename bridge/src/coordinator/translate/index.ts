export { createTranslator, type TranslatorOptions, type TranslatorSettings } from "./create-translator.js";
export { localProfile, type Profile } from "./profile.js";
export { defaultFeatures, type BuilderCapabilities } from "./check-supported.js";
export type { NetworkFiles } from "./etc-files.js";
