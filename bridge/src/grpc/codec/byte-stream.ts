import { WireWriter } from "../../formats/wire/index.js";
import { codecOf, readString } from "./parts.js";

/** Source: google/bytestream/bytestream.proto. */
export interface ReadRequest {
  readonly resourceName: string;
  readonly readOffset: number;
  /** 0 reads to the end. */
  readonly readLimit: number;
}

export interface ReadResponse {
  readonly data: Uint8Array;
}

export interface WriteRequest {
  /** May be empty in all messages but the first. */
  readonly resourceName: string;
  readonly writeOffset: number;
  readonly finishWrite: boolean;
  readonly data: Uint8Array;
}

export interface WriteResponse {
  readonly committedSize: number;
}

export interface QueryWriteStatusRequest {
  readonly resourceName: string;
}

export interface QueryWriteStatusResponse {
  readonly committedSize: number;
  readonly complete: boolean;
}

/** What stands around the data of a message, with a resource name of the usual length. */
const AROUND_DATA = 256;
const nothing: Uint8Array = new Uint8Array();

export const readRequest = codecOf<ReadRequest>({
  write(writer, message) {
    writer.text(1, message.resourceName);
    writer.int64(2, message.readOffset);
    writer.int64(3, message.readLimit);
  },
  read(reader) {
    const message = { resourceName: "", readOffset: 0, readLimit: 0 };
    while (reader.next()) {
      if (reader.field === 1) message.resourceName = readString(reader);
      else if (reader.field === 2) message.readOffset = reader.int64();
      else if (reader.field === 3) message.readLimit = reader.int64();
      else reader.skip();
    }
    return message;
  },
});

export const readResponse = codecOf<ReadResponse>({
  sizeHint: ({ data }) => data.byteLength + 16,
  write(writer, { data }) {
    writer.bytes(10, data);
  },
  writeParts({ data }) {
    if (data.byteLength === 0) return [];
    const head = new WireWriter(16);
    head.lengthOf(10, data.byteLength);
    return [head.finish(), data];
  },
  read(reader) {
    let data = nothing;
    while (reader.next()) {
      if (reader.field === 10) data = reader.bytes();
      else reader.skip();
    }
    return { data };
  },
});

export const writeRequest = codecOf<WriteRequest>({
  sizeHint: ({ data }) => data.byteLength + AROUND_DATA,
  write(writer, message) {
    writer.text(1, message.resourceName);
    writer.int64(2, message.writeOffset);
    writer.bool(3, message.finishWrite);
    writer.bytes(10, message.data);
  },
  read(reader) {
    const message = { resourceName: "", writeOffset: 0, finishWrite: false, data: nothing };
    while (reader.next()) {
      if (reader.field === 1) message.resourceName = readString(reader);
      else if (reader.field === 2) message.writeOffset = reader.int64();
      else if (reader.field === 3) message.finishWrite = reader.bool();
      else if (reader.field === 10) message.data = reader.bytes();
      else reader.skip();
    }
    return message;
  },
});

export const writeResponse = codecOf<WriteResponse>({
  write(writer, { committedSize }) {
    writer.int64(1, committedSize);
  },
  read(reader) {
    let committedSize = 0;
    while (reader.next()) {
      if (reader.field === 1) committedSize = reader.int64();
      else reader.skip();
    }
    return { committedSize };
  },
});

export const queryWriteStatusRequest = codecOf<QueryWriteStatusRequest>({
  write(writer, { resourceName }) {
    writer.text(1, resourceName);
  },
  read(reader) {
    let resourceName = "";
    while (reader.next()) {
      if (reader.field === 1) resourceName = readString(reader);
      else reader.skip();
    }
    return { resourceName };
  },
});

export const queryWriteStatusResponse = codecOf<QueryWriteStatusResponse>({
  write(writer, message) {
    writer.int64(1, message.committedSize);
    writer.bool(2, message.complete);
  },
  read(reader) {
    const message = { committedSize: 0, complete: false };
    while (reader.next()) {
      if (reader.field === 1) message.committedSize = reader.int64();
      else if (reader.field === 2) message.complete = reader.bool();
      else reader.skip();
    }
    return message;
  },
});
