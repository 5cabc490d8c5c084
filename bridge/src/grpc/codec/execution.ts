import type { WireDigest } from "../digest-function.js";
import { codecOf, readString, readWireDigest, writeWireDigest } from "./parts.js";

export interface ExecuteCallRequest {
  readonly instanceName: string;
  readonly skipCacheLookup: boolean;
  readonly actionDigest: WireDigest | undefined;
  readonly priority: number;
  readonly digestFunction: number;
  readonly inlineStdout: boolean;
  readonly inlineStderr: boolean;
  readonly inlineOutputFiles: readonly string[];
}

export interface NameRequest {
  readonly name: string;
}

/** A `google.protobuf.Any`, whose type nobody asks for: each field that holds one says which it is. */
export interface PackedMessage {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/** A `google.longrunning.Operation`. */
export interface OperationUpdate {
  readonly name: string;
  readonly metadata: PackedMessage | undefined;
  readonly done: boolean;
  /** A `google.rpc.Status`, as bytes. */
  readonly error: Uint8Array | undefined;
  readonly response: PackedMessage | undefined;
}

export const executeRequest = codecOf<ExecuteCallRequest>({
  write(writer, message) {
    writer.text(1, message.instanceName);
    writer.bool(3, message.skipCacheLookup);
    writeWireDigest(writer, 6, message.actionDigest);
    if (message.priority !== 0) writer.message(7, () => writer.int64(1, message.priority));
    writer.int64(9, message.digestFunction);
    writer.bool(10, message.inlineStdout);
    writer.bool(11, message.inlineStderr);
    for (const path of message.inlineOutputFiles) writer.presentText(12, path);
  },
  read(reader) {
    let actionDigest: WireDigest | undefined;
    const inlineOutputFiles: string[] = [];
    const message = {
      instanceName: "",
      skipCacheLookup: false,
      priority: 0,
      digestFunction: 0,
      inlineStdout: false,
      inlineStderr: false,
    };
    while (reader.next()) {
      if (reader.field === 1) message.instanceName = readString(reader);
      else if (reader.field === 3) message.skipCacheLookup = reader.bool();
      else if (reader.field === 6) actionDigest = readWireDigest(reader);
      else if (reader.field === 7) {
        const policy = reader.message();
        while (policy.next()) {
          if (policy.field === 1) message.priority = policy.int32();
          else policy.skip();
        }
      } else if (reader.field === 9) message.digestFunction = reader.int32();
      else if (reader.field === 10) message.inlineStdout = reader.bool();
      else if (reader.field === 11) message.inlineStderr = reader.bool();
      else if (reader.field === 12) inlineOutputFiles.push(readString(reader));
      else reader.skip();
    }
    return { ...message, actionDigest, inlineOutputFiles };
  },
});

/** `WaitExecutionRequest` and `CancelOperationRequest` are alike. */
export const nameRequest = codecOf<NameRequest>({
  write(writer, { name }) {
    writer.text(1, name);
  },
  read(reader) {
    let name = "";
    while (reader.next()) {
      if (reader.field === 1) name = readString(reader);
      else reader.skip();
    }
    return { name };
  },
});

/** `google.protobuf.Empty`. */
export const empty = codecOf<object>({
  write: () => undefined,
  read: () => ({}),
});

const packed = codecOf<PackedMessage>({
  write(writer, { typeUrl, value }) {
    writer.text(1, typeUrl);
    writer.bytes(2, value);
  },
  read(reader) {
    let typeUrl = "";
    let value: Uint8Array = Buffer.alloc(0);
    while (reader.next()) {
      if (reader.field === 1) typeUrl = readString(reader);
      else if (reader.field === 2) value = reader.bytes();
      else reader.skip();
    }
    return { typeUrl, value };
  },
});

export const operationUpdate = codecOf<OperationUpdate>({
  write(writer, { name, metadata, done, error, response }) {
    writer.text(1, name);
    if (metadata !== undefined) writer.presentBytes(2, packed.encode(metadata));
    writer.bool(3, done);
    if (error !== undefined) writer.presentBytes(4, error);
    if (response !== undefined) writer.presentBytes(5, packed.encode(response));
  },
  read(reader) {
    let name = "";
    let done = false;
    let metadata: PackedMessage | undefined;
    let error: Uint8Array | undefined;
    let response: PackedMessage | undefined;
    while (reader.next()) {
      if (reader.field === 1) name = readString(reader);
      else if (reader.field === 2) metadata = packed.decode(reader.bytes());
      else if (reader.field === 3) done = reader.bool();
      else if (reader.field === 4) error = reader.bytes();
      else if (reader.field === 5) response = packed.decode(reader.bytes());
      else reader.skip();
    }
    return { name, metadata, done, error, response };
  },
});
