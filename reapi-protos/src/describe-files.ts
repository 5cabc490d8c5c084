import path from "node:path";
import protobuf from "protobufjs";
import descriptor, { type IFileDescriptorProto } from "protobufjs/ext/descriptor/index.js";
import { describeEnum, describeMessage, describeService } from "./describe-type.js";
import type { FileDescriptor } from "./file-descriptor.js";

type Definition = protobuf.Type | protobuf.Enum | protobuf.Service;

/**
 * Reads `.proto` files with their field names as written and describes each. proto-loader's own descriptors carry the names in camel case and
 * lump the files of a package together, so they cannot serve reflection.
 */
export async function describeFiles(includeDir: string, entry: string): Promise<readonly FileDescriptor[]> {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => (path.isAbsolute(target) ? target : path.join(includeDir, target));
  await root.load(entry, { keepCase: true });
  root.resolveAll();

  const wellKnown = wellKnownFiles();
  const fileOf = (object: protobuf.ReflectionObject): string => {
    if (object.filename) return path.relative(includeDir, object.filename);
    const file = wellKnown.get(object.fullName);
    if (file === undefined) throw new TypeError(`no file is known to define ${object.fullName}`);
    return file;
  };
  const files = Map.groupBy(definitionsIn(root), fileOf);
  const described = new Map(
    Array.from(files, ([name, definitions]) => [name, describeFile(name, definitions, fileOf)] as const),
  );
  return inOrder(described);
}

function describeFile(
  name: string,
  definitions: readonly Definition[],
  fileOf: (object: protobuf.ReflectionObject) => string,
): FileDescriptor {
  const dependencies = new Set<string>();
  const symbols: string[] = [];
  const file: Required<Pick<IFileDescriptorProto, "messageType" | "enumType" | "service">> = {
    messageType: [],
    enumType: [],
    service: [],
  };
  const sink = {
    symbol: (fullName: string) => symbols.push(fullName.slice(1)),
    use: (type: protobuf.ReflectionObject) => {
      let top = type;
      while (top.parent instanceof protobuf.Type) top = top.parent;
      const dependency = fileOf(top);
      if (dependency !== name) dependencies.add(dependency);
    },
  };
  for (const definition of definitions) {
    if (definition instanceof protobuf.Type) file.messageType.push(describeMessage(definition, sink));
    else if (definition instanceof protobuf.Enum) file.enumType.push(describeEnum(definition, sink));
    else file.service.push(describeService(definition, sink));
  }
  const sorted = [...dependencies].sort();
  const whole: IFileDescriptorProto = {
    name,
    package: definitions[0]?.parent?.fullName.slice(1) ?? "",
    dependency: sorted,
    ...file,
    syntax: "proto3",
  };
  const encoded = descriptor.FileDescriptorProto.encode(whole).finish();
  return { name, dependencies: sorted, symbols, descriptor: whole, encoded };
}

/** Top-level messages, enumerations and services, in the order in which the files name them. */
function* definitionsIn(namespace: protobuf.NamespaceBase): Generator<Definition> {
  for (const object of namespace.nestedArray) {
    if (object instanceof protobuf.Type || object instanceof protobuf.Enum || object instanceof protobuf.Service)
      yield object;
    else if (object instanceof protobuf.Namespace) yield* definitionsIn(object);
  }
}

/** protobufjs carries google.protobuf itself and forgets which file a definition is from. */
function wellKnownFiles(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const name of ["any", "duration", "empty", "field_mask", "struct", "timestamp", "wrappers"]) {
    const file = `google/protobuf/${name}.proto`;
    const json = protobuf.common.get(file);
    if (json !== null)
      for (const object of definitionsIn(protobuf.Root.fromJSON(json))) found.set(object.fullName, file);
  }
  return found;
}

function inOrder(described: ReadonlyMap<string, FileDescriptor>): readonly FileDescriptor[] {
  const ordered = new Set<FileDescriptor>();
  const visit = (name: string): void => {
    const file = described.get(name);
    if (file === undefined || ordered.has(file)) return;
    file.dependencies.forEach(visit);
    ordered.add(file);
  };
  for (const name of described.keys()) visit(name);
  return [...ordered];
}
