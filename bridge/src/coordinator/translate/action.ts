import { digestBytes, type Digest, type DigestFunction } from "../../digest/index.js";
import {
  byteStringOf,
  bytesOf,
  checkPortable,
  encodeAction,
  encodeCommand,
  isImpure,
  isSandboxed,
  isUtf8,
  type Action,
  type ByteString,
  type Command,
  type Derivation,
  type Property,
  type StorePath,
} from "../../formats/index.js";
import { BuildFailure, BuildStatus } from "../build.js";
import type { DerivationOptions } from "../derivation-options/index.js";
import { BUILD_DIR, type BuildEnvironment } from "./environment.js";
import { etcFiles, type NetworkFiles } from "./etc-files.js";
import { helperArguments, helperPlaces } from "./helper-call.js";
import { createInputRoot, type NewBlob, type RootNode } from "./input-root.js";
import type { Profile } from "./profile.js";
import { rewriteStrings, type Rewrites } from "./rewrite-strings.js";

/** All that an Action says. */
export interface ActionInput {
  readonly derivation: Derivation;
  readonly options: DerivationOptions;
  readonly environment: BuildEnvironment;
  readonly rewrites: Rewrites;
  readonly scratchPaths: ReadonlyMap<string, StorePath>;
  /** The input closure. */
  readonly inputs: ReadonlyMap<StorePath, RootNode>;
  readonly storeDir: string;
  readonly profile: Profile;
  /** `bin/sh`, and what the profile needs, by path. */
  readonly rootEntries: ReadonlyMap<ByteString, RootNode>;
  /** The helper program, if the profile uses it. */
  readonly helper?: RootNode;
  /** Symlinks of the inputs that services rewrite, for the helper: absolute paths and targets. Default none. */
  readonly links?: readonly (readonly [path: ByteString, target: ByteString])[];
  readonly network: NetworkFiles;
  readonly timeoutMs?: number;
  /** For the helper: ends a builder that is silent for longer, or says more. Default: no limit. */
  readonly maxSilentMs?: number | undefined;
  readonly maxLogBytes?: number | undefined;
}

/**
 * The Action that builds a derivation: its digest, and through `emit` its message, the Command's and those of the input root's upper
 * levels, whatever is named before what names it.
 *
 * @throws BuildFailure if the profile needs the helper and there is none; ReapiError if the profile requires UTF-8 and an argument or variable is not.
 */
export function encodeBuildAction(input: ActionInput, emit: (blob: NewBlob) => void): Digest {
  const { profile, timeoutMs } = input;
  const fn = profile.digestFunction;
  const platform = platformOf(input);
  const words = builderWords(input);
  const inputRootDigest = encodeInputRoot(input, words, emit);
  const command = commandOf(input, words, platform);
  if (profile.requiresUtf8 === true) checkPortable(command);
  const commandDigest = emitBytes(fn, encodeCommand(command), emit);
  const action: Action = {
    commandDigest,
    inputRootDigest,
    platform,
    ...(timeoutMs !== undefined &&
      timeoutMs > 0 && { timeoutMs: Math.min(timeoutMs, profile.timeoutMaxMs ?? timeoutMs) }),
    ...(isImpure(input.derivation) && { doNotCache: true }),
  };
  return emitBytes(fn, encodeAction(action), emit);
}

function emitBytes(fn: DigestFunction, bytes: Uint8Array, emit: (blob: NewBlob) => void): Digest {
  const expected = digestBytes(fn, bytes);
  emit({ bytes, expected });
  return expected;
}

/** Without a leading slash, as paths in an input root are. */
const relative = (path: string): ByteString => byteStringOf(path.replace(/^\/+/, ""));

/** What the builder is called with. */
interface BuilderWords {
  /** With its arguments. */
  readonly builder: readonly ByteString[];
  readonly environment: ReadonlyMap<ByteString, ByteString>;
  /** Whether a file carries them to the helper, for a command cannot. */
  readonly inFile: boolean;
}

function builderWords({ derivation, profile, rewrites, environment: { variables } }: ActionInput): BuilderWords {
  const builder = [derivation.builder, ...derivation.args.map((argument) => rewriteStrings(argument, rewrites))];
  const inFile = profile.helper !== undefined && ![...builder, ...[...variables].flat()].every((word) => isUtf8(word));
  return { builder, environment: variables, inFile };
}

function commandOf(input: ActionInput, words: BuilderWords, platform: readonly Property[]): Command {
  const { derivation, profile, maxSilentMs, maxLogBytes } = input;
  const places = placesOf(profile);
  const up =
    places.workingDirectory === ""
      ? ""
      : `${places.workingDirectory
          .split("/")
          .map(() => "..")
          .join("/")}/`;
  const outputs = [...input.scratchPaths.values()].map((path) => `${input.storeDir}/${path}` as ByteString);
  const builder = words.inFile ? [] : words.builder;
  const order = { outputs, hasNetwork: !isSandboxed(derivation), maxSilentMs, maxLogBytes };
  const paths = outputs.map((path) => `${places.root}${relative(path)}`);
  return {
    arguments: profile.helper === undefined ? builder : helperArguments(profile.helper, order, builder),
    environment: words.inFile ? new Map() : words.environment,
    outputPaths: [...paths, ...(places.helper === undefined ? [] : [places.helper.out])].map(
      (path) => `${up}${path}` as ByteString,
    ),
    workingDirectory: places.workingDirectory,
    // Deprecated in favour of the Action's, but some services still read it here only.
    platform,
    outputDirectoryFormat: profile.outputDirectoryFormat,
  };
}

/** Where things are in the input root. */
interface Places {
  readonly workingDirectory: ByteString;
  /** What is to be `/`: empty, or a folder with a slash behind it. */
  readonly root: string;
  /** The helper, and its folder for reports. */
  readonly helper?: { readonly program: string; readonly out: string; readonly links: string; readonly words: string };
}

function placesOf({ helper }: Profile): Places {
  const buildDir = relative(BUILD_DIR);
  if (helper === undefined) return { workingDirectory: buildDir, root: "" };
  const { root, ...places } = helperPlaces[helper.how];
  return { workingDirectory: root === "" ? buildDir : ("" as ByteString), root, helper: places };
}

function platformOf({ derivation, options, profile }: ActionInput): readonly Property[] {
  const network = isSandboxed(derivation) ? profile.network.off : profile.network.on;
  const properties = [
    ...profile.properties,
    ...(profile.systems.get(derivation.platform) ?? []),
    ...network,
    ...options.requiredSystemFeatures.flatMap((feature) => profile.features.get(feature) ?? []),
  ];
  if (profile.argv0Property !== undefined) {
    const argv0 = derivation.builder.slice(derivation.builder.lastIndexOf("/") + 1);
    properties.push({ name: profile.argv0Property, value: argv0 });
  }
  const unique = new Map(properties.map((property) => [`${property.name}\0${property.value}`, property]));
  return [...unique.keys()].sort().map((key) => unique.get(key)!);
}

function encodeInputRoot(input: ActionInput, words: BuilderWords, emit: (blob: NewBlob) => void): Digest {
  const fn = input.profile.digestFunction;
  const places = placesOf(input.profile);
  const root = createInputRoot();
  const add = (path: string, node: RootNode): void => root.add(`${places.root}${path}` as ByteString, node);
  const addFile = (path: string, bytes: Uint8Array): void => {
    const digest = emitBytes(fn, bytes, emit);
    add(path, { type: "file", digest, executable: false });
  };
  const buildDir = relative(BUILD_DIR);
  const storeDir = relative(input.storeDir);
  for (const folder of ["dev", "proc", "tmp", buildDir, storeDir])
    root.addFolder(`${places.root}${folder}` as ByteString);
  for (const [path, bytes] of etcFiles(isSandboxed(input.derivation) ? undefined : input.network)) addFile(path, bytes);
  for (const [name, contents] of input.environment.files) addFile(`${buildDir}/${name}`, bytesOf(contents));
  for (const [path, node] of input.inputs) add(`${storeDir}/${path}`, node);
  for (const [path, node] of input.rootEntries) add(path, node);
  if (places.helper !== undefined) {
    const { program, out } = places.helper;
    if (input.helper === undefined)
      throw new BuildFailure(
        BuildStatus.MiscFailure,
        `builds of the kind '${input.profile.name}' need the helper program, which was not compiled; 'causeway doctor' says how`,
      );
    root.add(program as ByteString, input.helper);
    root.addFolder(out as ByteString);
    const addWords = (place: string, list: readonly string[]): void => {
      const digest = emitBytes(fn, bytesOf(list.map((word) => `${word}\0`).join("") as ByteString), emit);
      root.add(place as ByteString, { type: "file", digest, executable: false });
    };
    if (input.links !== undefined && input.links.length > 0) addWords(places.helper.links, input.links.flat());
    if (words.inFile) {
      const { builder, environment } = words;
      const variables = [...environment].map(([name, value]) => `${name}=${value}`);
      addWords(places.helper.words, [String(builder.length), ...builder, ...variables]);
    }
  }
  return root.encode(fn, emit);
}
