export { createReferenceScanner, type ReferenceScanner } from "./reference-scanner.js";
export { ZEROED_HASH_PART, createHashRewriter, selfReferenceSuffix, type HashRewriter } from "./hash-rewriter.js";
