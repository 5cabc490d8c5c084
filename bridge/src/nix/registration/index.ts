export { createRegistrar, type RegistrarOptions } from "./create-registrar.js";
export { createSigner, type Signer } from "./signer.js";
export { OUTPUT_NOTES_TYPE, type OutputNote, type OutputNotes } from "./output-notes.js";
