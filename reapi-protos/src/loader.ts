import { fileURLToPath } from "node:url";
import type { PackageDefinition } from "@grpc/proto-loader";
import type { FileDescriptor } from "./file-descriptor.js";
import { protoOptions } from "./proto-options.js";

export { protoOptions } from "./proto-options.js";
export type { FileDescriptor } from "./file-descriptor.js";

/** What the tree of generated types holds under a full name: a message's or enumeration's type definition, or a service's definition. */
export type DefinitionAt<Tree, Name extends string> = Name extends `${infer Head}.${infer Rest}`
  ? Head extends keyof Tree
    ? DefinitionAt<Tree[Head], Rest>
    : never
  : Name extends keyof Tree
    ? Tree[Name] extends { service: infer Service }
      ? Service
      : Tree[Name]
    : never;

/** A set of `.proto` files, loaded. */
export interface LoadedProtos<Tree> {
  /** By full name; what `loadPackageDefinition` of @grpc/grpc-js takes. */
  readonly packageDefinition: PackageDefinition;

  /**
   * One definition by its full name, with its types: a message's has `serialize` and `deserialize`, a service's goes to `Server.addService`
   * or `makeClientConstructor`.
   *
   * Serialising writes fields in the order of their numbers and writes every field that is set, zero or not: whoever wants canonical bytes
   * leaves zero values out. Deserialising drops unknown fields: the digest of a foreign message is that of the bytes received.
   *
   * @throws TypeError if the files define nothing of that name.
   */
  readonly get: <Name extends string>(name: Name) => DefinitionAt<Tree, Name>;
}

/** A set of `.proto` files that is read when first asked for, once. Importing this costs nothing: protobufjs comes with the first call. */
export interface ProtoSource<Tree> {
  load(): Promise<LoadedProtos<Tree>>;

  /** The descriptors of the files, each after those it depends on, with google.protobuf's among them: what server reflection answers with. */
  describe(): Promise<readonly FileDescriptor[]>;
}

/**
 * Says where a set of files is.
 *
 * @param directory - Where imports are resolved, as a URL that ends in a slash.
 * @param entry - The file that imports all others.
 */
export function createProtoSource<Tree>(directory: URL, entry: string): ProtoSource<Tree> {
  const includeDir = fileURLToPath(directory);
  let loaded: Promise<LoadedProtos<Tree>> | undefined;
  let described: Promise<readonly FileDescriptor[]> | undefined;
  return {
    load: () => (loaded ??= loadProtos<Tree>(includeDir, entry)),
    describe: () =>
      (described ??= import("./describe-files.js").then((module) => module.describeFiles(includeDir, entry))),
  };
}

async function loadProtos<Tree>(includeDir: string, entry: string): Promise<LoadedProtos<Tree>> {
  const { load } = await import("@grpc/proto-loader");
  const packageDefinition = await load(entry, { ...protoOptions, includeDirs: [includeDir] });
  return {
    packageDefinition,
    get<Name extends string>(name: Name): DefinitionAt<Tree, Name> {
      const definition = packageDefinition[name];
      if (definition === undefined) throw new TypeError(`${entry} defines no ${name}`);
      // The generated tree describes what these same files load to; a test regenerates it.
      return definition as DefinitionAt<Tree, Name>;
    },
  };
}
