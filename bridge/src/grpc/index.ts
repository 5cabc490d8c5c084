export * from "./caller.js";
export * from "./rpc.js";
