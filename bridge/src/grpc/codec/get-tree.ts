import type { WireDigest } from "../digest-function.js";
import { codecOf, readString, readWireDigest, writeWireDigest } from "./parts.js";

export interface GetTreeRequest {
  readonly instanceName: string;
  readonly rootDigest: WireDigest | undefined;
  readonly pageSize: number;
  readonly pageToken: string;
  readonly digestFunction: number;
}

export interface GetTreeResponse {
  /** `Directory` messages, as they are stored. */
  readonly directories: readonly Uint8Array[];
  readonly nextPageToken: string;
}

export const getTreeRequest = codecOf<GetTreeRequest>({
  write(writer, message) {
    writer.text(1, message.instanceName);
    writeWireDigest(writer, 2, message.rootDigest);
    writer.int64(3, message.pageSize);
    writer.text(4, message.pageToken);
    writer.int64(5, message.digestFunction);
  },
  read(reader) {
    let rootDigest: WireDigest | undefined;
    const message = { instanceName: "", pageSize: 0, pageToken: "", digestFunction: 0 };
    while (reader.next()) {
      if (reader.field === 1) message.instanceName = readString(reader);
      else if (reader.field === 2) rootDigest = readWireDigest(reader);
      else if (reader.field === 3) message.pageSize = reader.int32();
      else if (reader.field === 4) message.pageToken = readString(reader);
      else if (reader.field === 5) message.digestFunction = reader.int32();
      else reader.skip();
    }
    return { ...message, rootDigest };
  },
});

export const getTreeResponse = codecOf<GetTreeResponse>({
  write(writer, { directories, nextPageToken }) {
    for (const directory of directories) writer.presentBytes(1, directory);
    writer.text(2, nextPageToken);
  },
  read(reader) {
    const directories: Uint8Array[] = [];
    let nextPageToken = "";
    while (reader.next()) {
      if (reader.field === 1) directories.push(reader.bytes());
      else if (reader.field === 2) nextPageToken = readString(reader);
      else reader.skip();
    }
    return { directories, nextPageToken };
  },
});
