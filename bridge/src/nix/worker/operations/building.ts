import {
  buildFailedText,
  BuildStatus,
  isSuccess,
  type BuildMode,
  type BuildOptions,
  type BuildReport,
  type RequestResult,
} from "../../../coordinator/index.js";
import {
  derivationPathOf,
  drvNameOf,
  hashModuloOf,
  derivationTypeOf,
  DerivationError,
  type Derivation,
  type StorePath,
} from "../../../formats/index.js";
import { Code, StatusError } from "../../../status/index.js";
import { createBuildActivities, nixText } from "../build/build-activities.js";
import { writeBuildResult, type WireBuildResult } from "../build/build-result.js";
import { rememberRealisations } from "../../realisations.js";
import type { SubstituteEnd } from "../../substitute/index.js";
import type { Call } from "../call.js";
import { readBasicDerivation } from "../wire/basic-derivation.js";
import { parseDerivedPath, type DerivedPath } from "../wire/derived-path.js";
import { readStorePath } from "../wire/values.js";
import { checkMayRepair, repairClosures, type Rebuild } from "./repairing.js";
import { substituteMissing } from "./substituting.js";

/** As a client wants it. */
type WireMode = BuildMode | "repair";

const MODES: readonly WireMode[] = ["normal", "repair", "check"];

async function readMode({ reader }: Call): Promise<WireMode> {
  return MODES[await reader.number("build mode", MODES.length - 1)]!;
}

async function readRequests({ reader, session, daemon }: Call): Promise<() => DerivedPath[]> {
  const texts = await reader.list("paths", () => reader.text("path"));
  return () => texts.map((text) => parseDerivedPath(daemon.storeDir, text, session.minor));
}

/** What the client has said, over what the daemon does by itself. */
function optionsOf({ daemon, session }: Call, mode: BuildMode): BuildOptions {
  return { ...daemon.buildDefaults, ...session.settings, mode };
}

/** Builds everything, or fails as a whole. */
export async function buildPaths(call: Call): Promise<undefined> {
  const later = await readRequests(call);
  const mode = await readMode(call);
  const requests = later();
  const ends = await realise(call, requests, mode);
  const failed = ends.filter(({ result }) => !isSuccess(result.status));
  if (new Set(failed.map(({ result }) => result.errorText)).size === 1)
    throw new StatusError(Code.Aborted, failed[0]!.result.errorText);
  if (failed.length > 1) {
    for (const { result } of failed) call.channel.sayError(result.errorText);
    const paths = failed.map(({ request }) => (request.type === "built" ? request.drvPath : request.path));
    throw new StatusError(Code.Aborted, buildFailedText(call.daemon.storeDir, paths));
  }
  call.reply.number(1);
  return undefined;
}

/** Builds everything, and says of each how it ended. */
export async function buildPathsWithResults(call: Call): Promise<undefined> {
  const later = await readRequests(call);
  const mode = await readMode(call);
  const ends = await realise(call, later(), mode);
  call.reply.list(ends, ({ request, result }) => {
    call.reply.text(request.text);
    writeBuildResult(call.reply, call.session, call.daemon.storeDir, result);
  });
  return undefined;
}

/** Makes sure that a path is there. */
export async function ensurePath(call: Call): Promise<undefined> {
  const path = (await readStorePath(call.reader, call.daemon.storeDir))();
  const ends = await substituteMissing(call, [path]);
  if ((await call.daemon.store.pathInfos.get(path)) === undefined)
    throw new StatusError(Code.NotFound, absenceText(call, path, ends.get(path)));
  await call.keep([path]);
  call.reply.number(1);
  return undefined;
}

function absenceText({ daemon: { storeDir } }: Call, path: StorePath, end: SubstituteEnd | undefined): string {
  const text = `path '${storeDir}/${path}' does not exist and cannot be created`;
  return end?.type === "failed" ? `${text}: ${end.message}` : text;
}

/** Builds one derivation whose inputs are all there, without their derivations: what a client asks of a remote builder. */
export async function buildDerivation(call: Call): Promise<undefined> {
  const { daemon, session, reader, reply } = call;
  const { storeDir } = daemon;
  const given = await readStorePath(reader, storeDir, "derivation path");
  const later = await readBasicDerivation(reader, storeDir);
  const mode = await readMode(call);
  const drv = later();
  const type = typeOf(drv);
  const isInputAddressed = type === "input-addressed" || type === "deferred";
  if (isInputAddressed && !session.isTrusted)
    throw new StatusError(Code.PermissionDenied, "you are not privileged to build input-addressed derivations");
  // What somebody whom we do not trust calls a derivation must not be taken for another one of that name.
  const drvPath = session.isTrusted ? given() : derivationPathOf(storeDir, drvNameOf(given()), drv);
  const held = daemon.basicDerivations.hold(drvPath, drv);
  try {
    const request: DerivedPath = { type: "built", text: "", drvPath, outputs: "all" };
    const [end] = await realise(call, [request], mode);
    writeBuildResult(reply, session, storeDir, end!.result);
  } finally {
    held[Symbol.dispose]();
  }
  return undefined;
}

interface End {
  readonly request: DerivedPath;
  readonly result: WireBuildResult;
}

async function realise(call: Call, requests: readonly DerivedPath[], wanted: WireMode): Promise<End[]> {
  if (wanted === "repair") {
    checkMayRepair(call);
    await repairClosures(call, requests, rebuildFor(call));
  }
  const mode = wanted === "repair" ? "normal" : wanted;
  const { daemon, channel } = call;
  const { storeDir } = daemon;
  const built = requests.filter((request) => request.type === "built");
  const opaque = requests.flatMap((request) => (request.type === "opaque" ? [request.path] : []));
  const fetched = await substituteMissing(call, opaque);
  const activities = createBuildActivities(channel, storeDir, new Set(built.map(({ drvPath }) => drvPath)));
  const finished = new Set<StorePath>();
  let report: BuildReport;
  try {
    report = await call.cancellable((signal) =>
      daemon.coordinator.build(built, {
        ...optionsOf(call, mode),
        signal,
        onEvent(event) {
          activities.tell(event);
          if (event.type === "finished") finished.add(event.drvPath);
        },
      }),
    );
  } finally {
    activities.close();
  }
  if (daemon.files !== undefined) for (const drvPath of finished) await daemon.files.showLog(drvPath);
  const results = blamed(report.results).values();
  const ends: End[] = [];
  for (const request of requests) {
    const result =
      request.type === "built"
        ? await resultOf(call, results.next().value!)
        : await resultOfOpaque(call, request.path, fetched.get(request.path));
    ends.push({ request, result });
  }
  return ends;
}

/** Builds again what is valid: equal contents are stored where they were lost. */
export function rebuildFor(call: Call): Rebuild {
  return async ({ drvPath, outputName }) => {
    const [end] = await realise(call, [{ type: "built", text: "", drvPath, outputs: [outputName] }], "check");
    const { status, errorText } = end!.result;
    return isSuccess(status) ? undefined : errorText;
  };
}

/** What was given up because another request failed has failed for its reason: that is what a person must read. */
function blamed(results: readonly RequestResult[]): RequestResult[] {
  const isCancelled = ({ status }: RequestResult): boolean => status === BuildStatus.Cancelled;
  const reason = results.find((result) => !isSuccess(result.status) && !isCancelled(result));
  if (reason?.errorText === undefined) return [...results];
  const { status, errorText } = reason;
  return results.map((result) => (isCancelled(result) ? { ...result, status, errorText } : result));
}

async function resultOf(call: Call, result: RequestResult): Promise<WireBuildResult> {
  const { status, errorText, timesBuilt, startMs = 0, stopMs = 0 } = result;
  await call.keep(result.outputs.values());
  const outputs = errorText === undefined ? await wireOutputs(call, result) : [];
  return { status, errorText: nixText(errorText ?? ""), timesBuilt, startMs, stopMs, outputs };
}

async function resultOfOpaque(
  call: Call,
  path: StorePath,
  fetched: SubstituteEnd | undefined,
): Promise<WireBuildResult> {
  const nothing = { timesBuilt: 0, startMs: 0, stopMs: 0, outputs: [] };
  if ((await call.daemon.store.pathInfos.get(path)) !== undefined) {
    await call.keep([path]);
    const status = fetched?.type === "valid" ? BuildStatus.Substituted : BuildStatus.AlreadyValid;
    return { ...nothing, status, errorText: "" };
  }
  const absence = `path '${call.daemon.storeDir}/${path}' is required, but there is no substituter that can build it`;
  const errorText = fetched?.type === "failed" ? fetched.message : absence;
  return { ...nothing, status: BuildStatus.NoSubstituters, errorText };
}

async function wireOutputs({ daemon }: Call, { drvPath, outputs }: RequestResult): Promise<WireBuildResult["outputs"]> {
  const drv = await daemon.derivations.load(drvPath);
  // Where the path is known beforehand, clients look at it and at the name only.
  const known = [...drv.outputs.values()].every(({ type }) => type === "input-addressed" || type === "fixed");
  const hashes = known ? undefined : hashModuloOf(drv, await daemon.checker.context(drv), { maskOutputs: true });
  const named = [...outputs].map(([name, path]) => ({
    name,
    path,
    hash: hashes?.byOutput.get(name) ?? NO_HASH,
  }));
  if (!known) await rememberRealisations(daemon.store.notes, named);
  return named.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const NO_HASH = "0".repeat(64);

function typeOf(drv: Derivation): string {
  try {
    return derivationTypeOf(drv);
  } catch (cause) {
    if (cause instanceof DerivationError) throw new StatusError(Code.InvalidArgument, cause.message, { cause });
    throw cause;
  }
}
