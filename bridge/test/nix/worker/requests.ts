import { byteStringOf } from "#src/formats/index.js";
import { Operation } from "#src/nix/worker/protocol.js";
import { WireWriter } from "#src/nix/worker/wire/writer.js";
import { addressedPath, framed, pathInfo, STORE_DIR } from "./open-daemon.js";

const one = addressedPath("one", "1");
const two = addressedPath("two", "2");
const drvPath = `${STORE_DIR}/${"0".repeat(32)}-x.drv`;
const begin = (operation: keyof typeof Operation): WireWriter => new WireWriter().number(Operation[operation]);

/** A well-formed request for each operation, as a client of 1.38 sends it. */
export const requests: Readonly<Partial<Record<keyof typeof Operation, Buffer>>> = {
  IsValidPath: begin("IsValidPath").text(one.full).take(),
  QueryReferrers: begin("QueryReferrers").text(one.full).take(),
  AddToStore: Buffer.concat([
    begin("AddToStore").text("text").text("text:sha256").texts([]).bool(false).take(),
    framed(Buffer.from("contents of a text")),
  ]),
  AddTextToStore: begin("AddTextToStore").text("text").text("contents").texts([]).take(),
  BuildPaths: begin("BuildPaths")
    .texts([`${drvPath}!out`, one.full])
    .number(0)
    .take(),
  EnsurePath: begin("EnsurePath").text(one.full).take(),
  AddTempRoot: begin("AddTempRoot").text(one.full).take(),
  SyncWithGC: begin("SyncWithGC").take(),
  FindRoots: begin("FindRoots").take(),
  QueryDeriver: begin("QueryDeriver").text(one.full).take(),
  SetOptions: new WireWriter()
    .number(Operation.SetOptions)
    .number(0)
    .number(1)
    .number(0)
    .number(3)
    .number(1)
    .number(60)
    .number(1)
    .number(0)
    .number(0)
    .number(0)
    .number(4)
    .number(1)
    .number(2)
    .text("timeout")
    .text("5")
    .text("log-lines")
    .text("3")
    .take(),
  CollectGarbage: begin("CollectGarbage")
    .number(1)
    .texts([])
    .bool(false)
    .halves(-1 >>> 0, -1 >>> 0)
    .number(0)
    .number(0)
    .number(0)
    .take(),
  QuerySubstitutablePathInfo: begin("QuerySubstitutablePathInfo").text(one.full).take(),
  QueryDerivationOutputs: begin("QueryDerivationOutputs").text(drvPath).take(),
  QueryAllValidPaths: begin("QueryAllValidPaths").take(),
  QueryPathInfo: begin("QueryPathInfo").text(one.full).take(),
  QueryDerivationOutputNames: begin("QueryDerivationOutputNames").text(drvPath).take(),
  QueryPathFromHashPart: begin("QueryPathFromHashPart").text(one.path.slice(0, 32)).take(),
  QuerySubstitutablePathInfos: begin("QuerySubstitutablePathInfos").number(1).text(one.full).text("").take(),
  QueryValidPaths: begin("QueryValidPaths").texts([one.full, two.full]).bool(true).take(),
  QuerySubstitutablePaths: begin("QuerySubstitutablePaths").texts([one.full]).take(),
  QueryValidDerivers: begin("QueryValidDerivers").text(one.full).take(),
  OptimiseStore: begin("OptimiseStore").take(),
  VerifyStore: begin("VerifyStore").bool(true).bool(false).take(),
  BuildDerivation: buildDerivation({ path: one.full, algorithm: "", hash: "" }),
  AddSignatures: begin("AddSignatures").text(one.full).texts(["key:c2ln"]).take(),
  NarFromPath: begin("NarFromPath").text(one.full).take(),
  AddToStoreNar: Buffer.concat([
    begin("AddToStoreNar").take(),
    pathInfo(one),
    new WireWriter().bool(false).bool(true).take(),
    framed(one.nar),
  ]),
  QueryMissing: begin("QueryMissing")
    .texts([`${drvPath}!*`])
    .take(),
  QueryDerivationOutputMap: begin("QueryDerivationOutputMap").text(drvPath).take(),
  RegisterDrvOutput: begin("RegisterDrvOutput")
    .text(
      JSON.stringify({
        id: `sha256:${"0".repeat(64)}!out`,
        outPath: one.path,
        dependentRealisations: {},
        signatures: [],
      }),
    )
    .take(),
  QueryRealisation: begin("QueryRealisation")
    .text(`sha256:${"0".repeat(64)}!out`)
    .take(),
  AddMultipleToStore: Buffer.concat([
    begin("AddMultipleToStore").bool(false).bool(false).take(),
    framed(Buffer.concat([new WireWriter().number(2).take(), pathInfo(one), one.nar, pathInfo(two), two.nar])),
  ]),
  AddBuildLog: Buffer.concat([
    begin("AddBuildLog")
      .text(drvPath.slice(STORE_DIR.length + 1))
      .take(),
    framed(Buffer.from("log")),
  ]),
  BuildPathsWithResults: begin("BuildPathsWithResults")
    .texts([`${drvPath}!*`])
    .number(0)
    .take(),
};

/** One derivation as a remote builder is given it. */
export function buildDerivation(output: {
  readonly path: string;
  readonly algorithm: string;
  readonly hash: string;
}): Buffer {
  const writer = new WireWriter().number(Operation.BuildDerivation).text(drvPath);
  writer.number(1).text("out").text(output.path).text(output.algorithm).text(output.hash);
  writer.texts([]).text("x86_64-linux").text("/bin/sh").texts(["-c", "true"]);
  writer.number(1).byteString(byteStringOf("name")).byteString(byteStringOf("x"));
  return writer.number(0).take();
}
