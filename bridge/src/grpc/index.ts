export * from "./caller.js";
export * from "./rpc.js";
export * from "./status-message.js";
