export { WireError } from "./error.js";
export { WireReader } from "./reader.js";
export { WireWriter } from "./writer.js";
