export * from "./caller.js";
export { createAccess, type Access, type AccessOptions, type AccessRule, type Presented } from "./create-access.js";
export { hashPassword, verifyPassword } from "./password.js";
