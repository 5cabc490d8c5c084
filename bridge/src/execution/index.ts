export * from "./execution.js";
