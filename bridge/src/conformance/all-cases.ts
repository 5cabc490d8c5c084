import { actionCacheCases } from "./cases/action-cache.js";
import { batchCases } from "./cases/batches.js";
import { byteStreamCases } from "./cases/byte-stream.js";
import { capabilitiesCases } from "./cases/capabilities.js";
import { chunkCases } from "./cases/chunks.js";
import { compressionCases } from "./cases/compression.js";
import { executionCases } from "./cases/execution.js";
import { findMissingCases } from "./cases/find-missing.js";
import { serviceCases } from "./cases/services.js";
import { treeCases } from "./cases/trees.js";
import type { ConformanceCase } from "./conformance-case.js";

/** All rules, in the order in which they are asked: what others need comes first. */
export const allCases: readonly ConformanceCase[] = [
  ...capabilitiesCases,
  ...findMissingCases,
  ...batchCases,
  ...byteStreamCases,
  ...compressionCases,
  ...treeCases,
  ...chunkCases,
  ...actionCacheCases,
  ...executionCases,
  ...serviceCases,
];
