export * from "./build.js";
export * from "./translate/index.js";
