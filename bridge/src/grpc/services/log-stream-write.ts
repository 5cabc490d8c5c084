import type { LogWriter } from "../../execution/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { WriteRequest, WriteResponse } from "../codec/byte-stream.js";

/** ByteStream.Write to a log stream, which may be done in several calls. Source: REAPI, remote_logstream.proto. */
export async function writeLogCall(
  writer: LogWriter,
  first: WriteRequest,
  rest: AsyncIterator<WriteRequest>,
): Promise<WriteResponse> {
  for (let step: IteratorResult<WriteRequest> = { value: first, done: false }; step.done !== true;) {
    const { writeOffset, data, finishWrite } = step.value;
    if (writeOffset !== writer.sizeBytes)
      throw new StatusError(
        Code.InvalidArgument,
        `write_offset is ${String(writeOffset)}, and the stream has ${String(writer.sizeBytes)} bytes`,
      );
    writer.append(data);
    if (finishWrite) {
      writer.finish();
      break;
    }
    step = await rest.next();
  }
  return { committedSize: writer.sizeBytes };
}
