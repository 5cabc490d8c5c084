import type { IFileDescriptorProto } from "protobufjs/ext/descriptor/index.js";

/** One `.proto` file as protoc would describe it, less its options. */
export interface FileDescriptor {
  /** The path it is imported by. */
  readonly name: string;
  /** The paths of the files it uses. */
  readonly dependencies: readonly string[];
  /** Full names, without a leading dot, of its messages, enumerations, services, fields, values and methods. */
  readonly symbols: readonly string[];
  readonly descriptor: IFileDescriptorProto;
  /** The serialised google.protobuf.FileDescriptorProto. */
  readonly encoded: Uint8Array;
}
