import type { Operate } from "../call.js";
import { Operation } from "../protocol.js";
import { addMultipleToStore, addTextToStore, addToStore, addToStoreNar } from "./adding.js";
import { buildDerivation, buildPaths, buildPathsWithResults, ensurePath } from "./building.js";
import { queryMissing } from "./missing.js";
import { setOptions } from "./options.js";
import * as queries from "./queries.js";
import { addIndirectRoot, addPermRoot, addTempRoot, collectGarbage, findRoots, syncWithGc } from "./roots.js";
import * as upkeep from "./upkeep.js";

/** What is done for each number. */
export const operations: ReadonlyMap<number, Operate> = new Map<number, Operate>([
  [Operation.IsValidPath, queries.isValidPath],
  [Operation.QueryReferrers, queries.queryReferrers],
  [Operation.AddToStore, addToStore],
  [Operation.AddTextToStore, addTextToStore],
  [Operation.BuildPaths, buildPaths],
  [Operation.EnsurePath, ensurePath],
  [Operation.AddTempRoot, addTempRoot],
  [Operation.AddIndirectRoot, addIndirectRoot],
  [Operation.SyncWithGC, syncWithGc],
  [Operation.FindRoots, findRoots],
  [Operation.QueryDeriver, queries.queryDeriver],
  [Operation.SetOptions, setOptions],
  [Operation.CollectGarbage, collectGarbage],
  [Operation.QuerySubstitutablePathInfo, queries.querySubstitutablePathInfo],
  [Operation.QueryDerivationOutputs, queries.queryDerivationOutputs],
  [Operation.QueryAllValidPaths, queries.queryAllValidPaths],
  [Operation.QueryPathInfo, queries.queryPathInfo],
  [Operation.QueryDerivationOutputNames, queries.queryDerivationOutputNames],
  [Operation.QueryPathFromHashPart, queries.queryPathFromHashPart],
  [Operation.QuerySubstitutablePathInfos, queries.querySubstitutablePathInfos],
  [Operation.QueryValidPaths, queries.queryValidPaths],
  [Operation.QuerySubstitutablePaths, queries.querySubstitutablePaths],
  [Operation.QueryValidDerivers, queries.queryValidDerivers],
  [Operation.OptimiseStore, upkeep.optimiseStore],
  [Operation.VerifyStore, upkeep.verifyStore],
  [Operation.BuildDerivation, buildDerivation],
  [Operation.AddSignatures, upkeep.addSignatures],
  [Operation.NarFromPath, queries.narFromPath],
  [Operation.AddToStoreNar, addToStoreNar],
  [Operation.QueryMissing, queryMissing],
  [Operation.QueryDerivationOutputMap, queries.queryDerivationOutputMap],
  [Operation.RegisterDrvOutput, upkeep.registerDrvOutput],
  [Operation.QueryRealisation, upkeep.queryRealisation],
  [Operation.AddMultipleToStore, addMultipleToStore],
  [Operation.AddBuildLog, upkeep.addBuildLog],
  [Operation.BuildPathsWithResults, buildPathsWithResults],
  [Operation.AddPermRoot, addPermRoot],
]);
