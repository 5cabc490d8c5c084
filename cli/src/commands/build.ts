import { exitCodeOf, type BuildReport, type BuildRequest, type ProgressEvent } from "@causeway/bridge/coordinator";
import { parseStorePath, printStorePath } from "@causeway/bridge/formats";
import {
  evaluationStoreDirectory,
  instantiate,
  parseDerivedPath,
  quietly,
  type DerivedPath,
  type SubstitutionListener,
} from "@causeway/bridge/nix";
import { Code, StatusError } from "@causeway/bridge/status";
import { systemClock } from "@causeway/bridge/store";
import { openCoordinator, openSource } from "../compose/coordinator.js";
import { buildOptionsOf } from "../compose/build-options.js";
import { openBuildPlace, type RemoteOptions } from "../compose/remote.js";
import { loadSettings, type SettingOptions } from "../compose/settings.js";
import { logicalStoreDir, openState, type StateOptions } from "../compose/state.js";
import { openSubstitution } from "../compose/substitution.js";
import { interruptible } from "../interrupt.js";
import { writeOut } from "../output.js";
import { blobsText } from "../sizes.js";
import { createLiveView } from "../view/create-live-view.js";
import { createPlainView } from "../view/create-plain-view.js";
import { withoutColours, type ProgressView } from "../view/progress-view.js";

/** What its command line says. */
export interface BuildCommandOptions extends StateOptions, SettingOptions, RemoteOptions {
  readonly file?: string;
  readonly attr?: readonly string[];
  readonly arg?: readonly (readonly [name: string, expression: string])[];
  readonly argstr?: readonly (readonly [name: string, text: string])[];
  readonly I?: readonly string[];
  readonly storeDir?: readonly string[];
  readonly json?: boolean;
  readonly check?: boolean;
  readonly dryRun?: boolean;
  readonly priority?: number;
  readonly printBuildLogs?: boolean;
}

/** `causeway build`. @returns the exit code, as nix-build's. */
export async function build(texts: string[], options: BuildCommandOptions): Promise<number> {
  const settings = loadSettings(options, process.env);
  const storeDir = logicalStoreDir(process.env);
  return await interruptible(async (signal) => {
    const { paths, directories } = await wanted(texts, options, storeDir, signal);
    const requests = paths.map(({ drvName, outputs }): BuildRequest => ({ drvPath: parseStorePath(drvName), outputs }));
    await using state = await openState(options, "write");
    const place = await openBuildPlace(state, settings, options, signal);
    const view = createView(options);
    const showCopy = copyPrinter(view, storeDir);
    const source = openSource(state, directories);
    await using substitution = openSubstitution(state, settings, source, showCopy);
    if (options.dryRun === true) {
      const { dryRun } = await import("./build-dry-run.js");
      try {
        await dryRun({ state, settings, place, source, substitution }, requests, signal, (line) => view.message(line));
      } finally {
        view.close();
        await place.execution[Symbol.asyncDispose]();
      }
      return 0;
    }
    await using coordinator = await openCoordinator(state, settings, source, { place, substitution });
    const told = new Set<string>();
    let report: BuildReport;
    try {
      report = await coordinator.build(requests, {
        ...buildOptionsOf(settings, place),
        mode: options.check === true ? "check" : "normal",
        priority: options.priority,
        signal,
        onEvent(event) {
          if (event.type === "substitution") showCopy(event.event);
          else show(view, storeDir, event);
          // What goes on may take long: the failure is told when it happens.
          if (!settings.keepGoing || event.type !== "finished" || event.errorText === undefined) return;
          told.add(event.errorText);
          view.message(errorMessage(event.errorText));
        },
      });
    } finally {
      view.close();
    }
    if (signal.aborted) throw new StatusError(Code.Cancelled, "interrupted");
    if (place.sent !== undefined && place.sent.blobs > 0)
      process.stderr.write(`sent ${blobsText(place.sent)} to ${place.name} in ${seconds(place.sent.durationMs)} s\n`);
    for (const text of errorTexts(report)) if (!told.has(text)) process.stderr.write(`${errorMessage(text)}\n`);
    return await conclude(report, storeDir, options.json === true);
  });
}

/** The derivations that the command line means, and where their files lie. */
async function wanted(
  texts: readonly string[],
  options: BuildCommandOptions,
  storeDir: string,
  signal: AbortSignal,
): Promise<{ readonly paths: DerivedPath[]; readonly directories: string[] }> {
  const given = texts.map((text) => parseDerivedPath(text));
  const directories = new Set([
    ...(options.storeDir ?? []),
    ...given.map(({ directory }) => directory).filter((name) => name !== ""),
  ]);
  const evaluated: DerivedPath[] = [];
  if (options.file !== undefined || options.attr !== undefined || texts.length === 0) {
    const lines = await instantiate({
      file: options.file ?? "default.nix",
      attributes: options.attr ?? [],
      extraArguments: evaluatorArguments(options),
      env: process.env,
      onMessage: (line) => void process.stderr.write(`${line}\n`),
      signal,
    });
    // The evaluator names the output that an attribute means, unless it is `out`.
    evaluated.push(...lines.map((line) => parseDerivedPath(line, ["out"])));
    for (const { directory } of evaluated) directories.add(directory);
  }
  directories.add(evaluationStoreDirectory(process.env, storeDir));
  directories.add(storeDir);
  return { paths: [...given, ...evaluated], directories: [...directories] };
}

function evaluatorArguments(options: BuildCommandOptions): string[] {
  return [
    ...(options.arg ?? []).flatMap((pair) => ["--arg", ...pair]),
    ...(options.argstr ?? []).flatMap((pair) => ["--argstr", ...pair]),
    ...(options.I ?? []).flatMap((path) => ["-I", path]),
  ];
}

function createView(options: BuildCommandOptions): ProgressView {
  const printLogs = options.printBuildLogs === true;
  const terminal = process.stderr.isTTY && process.env["TERM"] !== "dumb" && process.env["NO_COLOR"] === undefined;
  if (!terminal) return createPlainView(process.stderr, { printLogs });
  return createLiveView(process.stderr, {
    printLogs,
    nowMs: () => systemClock.nowMs(),
    every(intervalMs, tick) {
      const timer = setInterval(tick, intervalMs);
      return () => clearInterval(timer);
    },
  });
}

/** Tells what is fetched, and each warning once: many paths may meet the same dead cache. */
function copyPrinter(view: ProgressView, storeDir: string): SubstitutionListener {
  // Two derivations may wait for the same path: then each tells of it.
  const told = new Set<string>();
  return quietly((event) => {
    if (event.type === "copying") {
      const line = `copying path '${printStorePath(storeDir, event.path)}' from '${event.from}'...`;
      if (!told.has(line)) view.message(line);
      told.add(line);
    } else if (event.type === "warning") view.message(`warning: ${event.message}`);
  });
}

/** The stages at which a person should see that a derivation builds: not while it is only looked up. */
function show(
  view: ProgressView,
  storeDir: string,
  event: Exclude<ProgressEvent, { readonly type: "substitution" }>,
): void {
  if (event.type === "counts") {
    view.counts(event);
    return;
  }
  const drv = printStorePath(storeDir, event.drvPath);
  switch (event.type) {
    case "stage":
      if (event.stage === "executing") view.started(drv);
      break;
    case "log":
      view.line(drv, event.line);
      break;
    case "phase":
      view.phase(drv, event.phase);
      break;
    case "warning":
      view.message(`warning: ${event.message}`);
      break;
    case "note":
      view.message(`note: ${event.message}`);
      break;
    case "retrying":
      view.message(`warning: '${drv}' is tried again in ${Math.ceil(event.afterMs / 1000)} s: ${event.reason}`);
      break;
    case "finished":
      view.finished(drv);
      break;
    case "discovered":
    case "queued":
    case "started":
      break;
  }
}

async function conclude(report: BuildReport, storeDir: string, json: boolean): Promise<number> {
  const exitCode = exitCodeOf([...report.failures, ...report.results].map(({ status }) => status));
  const succeeded = report.results.filter(({ errorText }) => errorText === undefined);
  if (json) {
    const entries = succeeded.map(({ drvPath, outputs, startMs, stopMs }) => ({
      drvPath: printStorePath(storeDir, drvPath),
      outputs: Object.fromEntries([...outputs].map(([name, path]) => [name, printStorePath(storeDir, path)])),
      ...(startMs === undefined || stopMs === undefined
        ? {}
        : { startTime: Math.floor(startMs / 1000), stopTime: Math.floor(stopMs / 1000) }),
    }));
    if (exitCode === 0) await writeOut(`${JSON.stringify(entries)}\n`);
  } else
    for (const { outputs } of succeeded)
      // The order of `nix-store -r`.
      for (const path of [...outputs.values()].sort()) await writeOut(`${printStorePath(storeDir, path)}\n`);
  return exitCode;
}

/** What went wrong, causes first, each once. */
function errorTexts(report: BuildReport): Set<string> {
  const texts = new Set(report.failures.map(({ message }) => message));
  for (const { errorText } of report.results) if (errorText !== undefined) texts.add(errorText);
  return texts;
}

/** It holds the last lines of a log, which may steer a terminal. */
function errorMessage(text: string): string {
  return `error: ${text.split("\n").map(withoutColours).join("\n")}`;
}

const seconds = (durationMs: number): string => (durationMs / 1000).toFixed(1);
