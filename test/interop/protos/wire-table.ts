import descriptor, {
  type IDescriptorProto,
  type IEnumDescriptorProto,
  type IFieldDescriptorProto,
  type IFileDescriptorProto,
} from "protobufjs/ext/descriptor/index.js";

/** What two peers must agree on, one line for each thing that has a name. Options, comments, imports and order are not among it. */
export type WireTable = ReadonlyMap<string, string>;

/** From google.protobuf.FieldDescriptorProto.Type. */
const TYPES =
  "? double float int64 uint64 int32 fixed64 fixed32 bool string group message bytes uint32 enum sfixed32 sfixed64 sint32 sint64".split(
    " ",
  );
const LABELS = ["?", "optional", "required", "repeated"];

/** Lists what serialised FileDescriptorProtos define. JSON names are listed only where wanted: Python's descriptors lack them. */
export function wireTable(encoded: readonly Uint8Array[], jsonNames: boolean): WireTable {
  const table = new Map<string, string>();
  const add = (name: string, line: string): void => {
    if (table.has(name)) throw new Error(`${name} is defined twice`);
    table.set(name, line);
  };
  for (const bytes of encoded) {
    const file = descriptor.FileDescriptorProto.decode(bytes) as IFileDescriptorProto;
    const scope = file.package ?? "";
    for (const message of file.messageType ?? []) addMessage(add, scope, message, jsonNames);
    for (const enumeration of file.enumType ?? []) addEnum(add, scope, enumeration);
    for (const extension of file.extension ?? []) add(`${scope}.${extension.name ?? ""}`, "extension");
    for (const service of file.service ?? [])
      for (const method of service.method ?? [])
        add(
          `${scope}.${service.name ?? ""}.${method.name ?? ""}`,
          `rpc ${method.clientStreaming ? "stream " : ""}${method.inputType ?? ""} -> ` +
            `${method.serverStreaming ? "stream " : ""}${method.outputType ?? ""}`,
        );
  }
  return table;
}

/** Where two tables differ, one line each, sorted. */
export function differences(ours: WireTable, theirs: WireTable): readonly string[] {
  const names = [...new Set([...ours.keys(), ...theirs.keys()])].sort();
  return names.flatMap((name) => {
    const [our, their] = [ours.get(name), theirs.get(name)];
    if (our === their) return [];
    if (their === undefined) return [`ours only: ${name}`];
    if (our === undefined) return [`theirs only: ${name}`];
    return [`${name}: ours ${our}, theirs ${their}`];
  });
}

type Add = (name: string, line: string) => void;

function addMessage(add: Add, scope: string, message: IDescriptorProto, jsonNames: boolean): void {
  const name = `${scope}.${message.name ?? ""}`;
  add(name, message.options?.mapEntry ? "map entry" : "message");
  for (const field of message.field ?? []) add(`${name}.${field.name ?? ""}`, fieldLine(field, message, jsonNames));
  for (const enumeration of message.enumType ?? []) addEnum(add, name, enumeration);
  for (const nested of message.nestedType ?? []) addMessage(add, name, nested, jsonNames);
}

function fieldLine(field: IFieldDescriptorProto, message: IDescriptorProto, jsonNames: boolean): string {
  // Fields outside a oneof have no index of their own: the 0 that decoding shows is a default.
  const oneof = Object.hasOwn(field, "oneofIndex") ? message.oneofDecl?.[field.oneofIndex ?? 0]?.name : undefined;
  return [
    field.number,
    LABELS[field.label ?? 0],
    TYPES[field.type ?? 0],
    field.typeName,
    oneof && `oneof ${oneof}`,
    // Read and written by protobufjs, and missing from its declarations.
    (field as { proto3Optional?: boolean }).proto3Optional && "with presence",
    jsonNames && field.jsonName,
  ]
    .filter(Boolean)
    .join(" ");
}

function addEnum(add: Add, scope: string, enumeration: IEnumDescriptorProto): void {
  const name = `${scope}.${enumeration.name ?? ""}`;
  add(name, "enum");
  for (const value of enumeration.value ?? []) add(`${name}.${value.name ?? ""}`, `= ${value.number ?? 0}`);
}
