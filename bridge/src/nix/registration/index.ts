export { createRegistrar, type RegistrarOptions } from "./create-registrar.js";
export { createSigner, type Signer } from "./signer.js";
