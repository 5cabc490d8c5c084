import protobuf from "protobufjs";
import type {
  IDescriptorProto,
  IEnumDescriptorProto,
  IFieldDescriptorProto,
  IServiceDescriptorProto,
} from "protobufjs/ext/descriptor/index.js";

/** Told of everything a description names: what it defines and what it uses. */
export interface DescriptionSink {
  symbol(fullName: string): void;
  use(type: protobuf.ReflectionObject): void;
}

// google.protobuf.FieldDescriptorProto.Type and .Label.
const SCALARS: Readonly<Record<string, number>> = {
  double: 1,
  float: 2,
  int64: 3,
  uint64: 4,
  int32: 5,
  fixed64: 6,
  fixed32: 7,
  bool: 8,
  string: 9,
  bytes: 12,
  uint32: 13,
  sfixed32: 15,
  sfixed64: 16,
  sint32: 17,
  sint64: 18,
};
const MESSAGE = 11;
const ENUM = 14;
const OPTIONAL = 1;
const REPEATED = 3;

/** A message as google.protobuf.DescriptorProto, nested types and the entry types of maps included. */
export function describeMessage(type: protobuf.Type, sink: DescriptionSink): IDescriptorProto {
  sink.symbol(type.fullName);
  const oneofs = type.oneofsArray;
  const nestedType: IDescriptorProto[] = [];
  const enumType: IEnumDescriptorProto[] = [];
  for (const nested of type.nestedArray) {
    if (nested instanceof protobuf.Type) nestedType.push(describeMessage(nested, sink));
    else if (nested instanceof protobuf.Enum) enumType.push(describeEnum(nested, sink));
  }
  const field = type.fieldsArray.map((member): IFieldDescriptorProto => {
    sink.symbol(member.fullName);
    if (member instanceof protobuf.MapField) {
      const entry = mapEntry(member, sink);
      nestedType.push(entry);
      const typeName = `${type.fullName}.${entry.name ?? ""}`;
      return { ...named(member.name, member.id), label: REPEATED, type: MESSAGE, typeName };
    }
    return {
      ...named(member.name, member.id),
      label: member.repeated ? REPEATED : OPTIONAL,
      ...typeOf(member, sink),
      ...(member.partOf && { oneofIndex: oneofs.indexOf(member.partOf) }),
      ...(member.getOption("proto3_optional") === true && { proto3Optional: true }),
    };
  });
  return { name: type.name, field, nestedType, enumType, oneofDecl: oneofs.map(({ name }) => ({ name })) };
}

/** An enumeration as google.protobuf.EnumDescriptorProto. */
export function describeEnum(type: protobuf.Enum, sink: DescriptionSink): IEnumDescriptorProto {
  sink.symbol(type.fullName);
  // The names of values are siblings of the enumeration, not its children.
  for (const name of Object.keys(type.values)) sink.symbol(`${type.parent?.fullName ?? ""}.${name}`);
  return { name: type.name, value: Object.entries(type.values).map(([name, number]) => ({ name, number })) };
}

/** A service as google.protobuf.ServiceDescriptorProto. */
export function describeService(service: protobuf.Service, sink: DescriptionSink): IServiceDescriptorProto {
  sink.symbol(service.fullName);
  const method = service.methodsArray.map((rpc) => {
    sink.symbol(rpc.fullName);
    rpc.resolve();
    const { resolvedRequestType: input, resolvedResponseType: output } = rpc;
    if (!input || !output) throw new TypeError(`${rpc.fullName} has an unresolved type`);
    sink.use(input);
    sink.use(output);
    return {
      name: rpc.name,
      inputType: input.fullName,
      outputType: output.fullName,
      clientStreaming: rpc.requestStream ?? false,
      serverStreaming: rpc.responseStream ?? false,
    };
  });
  return { name: service.name, method };
}

function mapEntry(field: protobuf.MapField, sink: DescriptionSink): IDescriptorProto {
  const json = jsonName(field.name);
  return {
    name: `${json.charAt(0).toUpperCase()}${json.slice(1)}Entry`,
    field: [
      { ...named("key", 1), label: OPTIONAL, type: scalar(field.keyType) },
      { ...named("value", 2), label: OPTIONAL, ...typeOf(field, sink) },
    ],
    options: { mapEntry: true },
  };
}

function typeOf(field: protobuf.FieldBase, sink: DescriptionSink): { type: number; typeName?: string } {
  field.resolve();
  const resolved = field.resolvedType;
  if (!resolved) return { type: scalar(field.type) };
  sink.use(resolved);
  return { type: resolved instanceof protobuf.Enum ? ENUM : MESSAGE, typeName: resolved.fullName };
}

function scalar(type: string): number {
  const number = SCALARS[type];
  if (number === undefined) throw new TypeError(`no scalar type is called ${type}`);
  return number;
}

function named(name: string, number: number): { name: string; number: number; jsonName: string } {
  return { name, number, jsonName: jsonName(name) };
}

/** protoc's rule: each underscore goes and raises the letter after it. */
function jsonName(name: string): string {
  return name.replace(/_+(.?)/g, (_, letter: string) => letter.toUpperCase());
}
