export * from "./build-settings.js";
export * from "./nix-conf.js";
