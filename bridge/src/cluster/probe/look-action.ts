import { createTranslator, HELPER_VERSION, type Profile } from "../../coordinator/index.js";
import type { Digest } from "../../digest/index.js";
import {
  byteStringOf,
  DEFAULT_STORE_DIR,
  directoryDigest,
  makeFixedOutputPath,
  parseStorePath,
  sizeOf,
  type ByteString,
  type CastoreDirectory,
  type CastoreNode,
  type Derivation,
  type StorePath,
} from "../../formats/index.js";
import { Code, StatusError } from "../../status/index.js";
import { addPath, hashNarOf, type Store } from "../../store/index.js";

/** What one look needs. */
export interface Look {
  readonly store: Store;
  readonly profile: Profile;
  /** The helper program, as a file of this machine. */
  readonly helperFile: string;
  /** Makes the action one that nobody has run: 32 characters of nixbase32. */
  readonly salt: string;
  readonly system: string;
  /** The action's. */
  readonly timeoutMs: number;
}

const NAME = "causeway-probe";
const PROGRAM = "look";

/**
 * The Action of a derivation whose builder looks around: made by what makes those of all derivations, so that it sees what they would.
 *
 * @throws BuildFailure if the profile does not know the system.
 */
export async function prepareLook({ store, profile, helperFile, salt, system, timeoutMs }: Look): Promise<Digest> {
  const program = await addPath(store, helperFile);
  const inputs = await registerFolder(store, program.node);
  const translator = createTranslator({ store, profile, settings: { helper: program.node, systems: [system] } });
  const drvPath = parseStorePath(`${salt}-${NAME}.drv`);
  const out = parseStorePath(`${salt}-${NAME}`);
  const builder = `${DEFAULT_STORE_DIR}/${inputs}/${PROGRAM}`;
  const env = {
    builder,
    inputs: `${DEFAULT_STORE_DIR}/${inputs}`,
    name: NAME,
    out: `${DEFAULT_STORE_DIR}/${out}`,
    system,
  };
  const derivation: Derivation = {
    outputs: new Map([["out", { type: "input-addressed", path: out }]]),
    inputDrvs: new Map(),
    inputSrcs: [inputs],
    platform: byteStringOf(system),
    builder: byteStringOf(builder),
    args: [HELPER_VERSION, "look"].map(byteStringOf),
    env: new Map(
      Object.entries(env).map(([key, value]): [ByteString, ByteString] => [byteStringOf(key), byteStringOf(value)]),
    ),
  };
  const prepared = await translator.prepare({ drvPath, derivation, inputs: new Map() }, { timeoutMs });
  if (prepared.kind !== "action") throw new StatusError(Code.Internal, "a look is no action");
  return prepared.actionDigest;
}

/** Makes a folder with the program a source that derivations may name. */
async function registerFolder(store: Store, program: CastoreNode): Promise<StorePath> {
  const directory: CastoreDirectory = { entries: [{ name: byteStringOf(PROGRAM), node: program }] };
  await store.directories.putMany([directory]);
  const node = { type: "directory", digest: directoryDigest(directory), size: sizeOf(directory, "legacy") } as const;
  const nar = await hashNarOf(store, node);
  const ca = { method: "nar", hash: { algorithm: "sha256", hex: nar.narHash } } as const;
  const path = makeFixedOutputPath(DEFAULT_STORE_DIR, NAME, ca, { references: [], self: false });
  await store.pathInfos.putMany([
    { ...nar, node, path, ca, references: [], signatures: [], registrationTime: 0, ultimate: false },
  ]);
  return path;
}
