import { addMultipleToStore, addToStoreNar, framed, nar, str, strs, u64 } from "./wire.ts";

const PATH = `/nix/store/${"1".repeat(32)}-path`;
const DRV = `/nix/store/${"0".repeat(32)}-x.drv`;
const REALISATION = `sha256:${"0".repeat(64)}!out`;
const op = (number: number, ...parts: readonly Buffer[]): Buffer => Buffer.concat([u64(number), ...parts]);
const text = (value: string): Buffer => framed(Buffer.from(value));
const u64s = (...values: readonly number[]): Buffer => Buffer.concat(values.map(u64));

/** A well-formed request for each operation, as a client of 1.38 sends it; none of them makes a path valid if it is cut off. */
export const requests: readonly (readonly [name: string, bytes: Buffer])[] = [
  ["IsValidPath", op(1, str(PATH))],
  ["QueryReferrers", op(6, str(PATH))],
  ["AddToStore", op(7, str("text"), str("text:sha256"), strs([PATH]), u64(0), text("contents"))],
  ["AddToStore, archive", op(7, str("tree"), str("fixed:r:sha256"), strs([]), u64(0), framed(nar([["a", "1"]])))],
  ["AddTextToStore", op(8, str("text"), str("contents"), strs([PATH]))],
  ["BuildPaths", op(9, strs([`${DRV}!out`, PATH]), u64(0))],
  ["EnsurePath", op(10, str(PATH))],
  ["AddTempRoot", op(11, str(PATH))],
  ["AddIndirectRoot", op(12, str("relative/link"))],
  ["SyncWithGC", op(13)],
  ["FindRoots", op(14)],
  ["QueryDeriver", op(18, str(PATH))],
  ["SetOptions", op(19, u64s(0, 1, 0, 3, 1, 60, 1, 0, 0, 0, 4, 1), u64(1), str("timeout"), str("5"))],
  ["CollectGarbage", op(20, u64(1), strs([PATH]), u64s(0, 1_000, 0, 0, 0))],
  ["QuerySubstitutablePathInfo", op(21, str(PATH))],
  ["QueryDerivationOutputs", op(22, str(DRV))],
  ["QueryAllValidPaths", op(23)],
  ["QueryPathInfo", op(26, str(PATH))],
  ["QueryDerivationOutputNames", op(28, str(DRV))],
  ["QueryPathFromHashPart", op(29, str("1".repeat(32)))],
  ["QuerySubstitutablePathInfos", op(30, u64(1), str(PATH), str(""))],
  ["QueryValidPaths", op(31, strs([PATH, DRV]), u64(0))],
  ["QuerySubstitutablePaths", op(32, strs([PATH]))],
  ["QueryValidDerivers", op(33, str(PATH))],
  ["OptimiseStore", op(34)],
  ["VerifyStore", op(35, u64s(0, 0))],
  [
    "BuildDerivation",
    op(
      36,
      ...[str(DRV), u64(1), str("out"), str(PATH), str(""), str(""), strs([]), str("x86_64-linux"), str("/bin/sh")],
      ...[strs(["-c", "true"]), u64(1), str("name"), str("x"), u64(0)],
    ),
  ],
  ["AddSignatures", op(37, str(PATH), strs(["key:c2ln"]))],
  ["NarFromPath", op(38, str(PATH))],
  ["AddToStoreNar", addToStoreNar({ path: PATH, nar: nar("1") })],
  ["QueryMissing", op(40, strs([`${DRV}!*`]))],
  ["QueryDerivationOutputMap", op(41, str(DRV))],
  ["RegisterDrvOutput", op(42, str(JSON.stringify({ id: REALISATION, outPath: PATH.slice(11) })))],
  ["QueryRealisation", op(43, str(REALISATION))],
  ["AddMultipleToStore", addMultipleToStore([{ path: PATH, nar: nar([["a", "1"]]) }], false)],
  ["AddBuildLog", op(45, str(DRV.slice(11)), text("a log"))],
  ["BuildPathsWithResults", op(46, strs([`${DRV}!*`]), u64(0))],
  ["AddPermRoot", op(47, str(PATH), str("relative/link"))],
];
