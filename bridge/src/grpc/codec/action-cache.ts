import type { WireDigest } from "../digest-function.js";
import type { Codec } from "../rpc.js";
import { codecOf, readString, readWireDigest, writeWireDigest } from "./parts.js";

export interface GetActionResultRequest {
  readonly instanceName: string;
  readonly actionDigest: WireDigest | undefined;
  readonly inlineStdout: boolean;
  readonly inlineStderr: boolean;
  readonly inlineOutputFiles: readonly string[];
  readonly digestFunction: number;
}

export interface UpdateActionResultRequest {
  readonly instanceName: string;
  readonly actionDigest: WireDigest | undefined;
  /** The `ActionResult` message as received. */
  readonly actionResult: Uint8Array | undefined;
  readonly digestFunction: number;
}

export const getActionResultRequest = codecOf<GetActionResultRequest>({
  write(writer, message) {
    writer.text(1, message.instanceName);
    writeWireDigest(writer, 2, message.actionDigest);
    writer.bool(3, message.inlineStdout);
    writer.bool(4, message.inlineStderr);
    for (const path of message.inlineOutputFiles) writer.presentText(5, path);
    writer.int64(6, message.digestFunction);
  },
  read(reader) {
    let actionDigest: WireDigest | undefined;
    const inlineOutputFiles: string[] = [];
    const message = { instanceName: "", inlineStdout: false, inlineStderr: false, digestFunction: 0 };
    while (reader.next()) {
      if (reader.field === 1) message.instanceName = readString(reader);
      else if (reader.field === 2) actionDigest = readWireDigest(reader);
      else if (reader.field === 3) message.inlineStdout = reader.bool();
      else if (reader.field === 4) message.inlineStderr = reader.bool();
      else if (reader.field === 5) inlineOutputFiles.push(readString(reader));
      else if (reader.field === 6) message.digestFunction = reader.int32();
      else reader.skip();
    }
    return { ...message, actionDigest, inlineOutputFiles };
  },
});

/** Action results pass as the bytes they are. */
export const actionResultBytes: Codec<Uint8Array> = { encode: (bytes) => bytes, decode: (bytes) => bytes };

export const updateActionResultRequest = codecOf<UpdateActionResultRequest>({
  sizeHint: ({ actionResult }) => 1024 + (actionResult?.byteLength ?? 0),
  write(writer, message) {
    writer.text(1, message.instanceName);
    writeWireDigest(writer, 2, message.actionDigest);
    if (message.actionResult !== undefined) writer.presentBytes(3, message.actionResult);
    writer.int64(5, message.digestFunction);
  },
  read(reader) {
    let actionDigest: WireDigest | undefined;
    let actionResult: Uint8Array | undefined;
    const message = { instanceName: "", digestFunction: 0 };
    while (reader.next()) {
      if (reader.field === 1) message.instanceName = readString(reader);
      else if (reader.field === 2) actionDigest = readWireDigest(reader);
      else if (reader.field === 3) actionResult = reader.bytes();
      else if (reader.field === 5) message.digestFunction = reader.int32();
      else reader.skip();
    }
    return { ...message, actionDigest, actionResult };
  },
});
