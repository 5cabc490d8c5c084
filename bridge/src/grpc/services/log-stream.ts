import type {
  CreateLogStreamRequest,
  CreateLogStreamRequest__Output,
} from "@causeway/reapi-protos/types/build/bazel/remote/logstream/v1/CreateLogStreamRequest.js";
import type {
  LogStream,
  LogStream__Output,
} from "@causeway/reapi-protos/types/build/bazel/remote/logstream/v1/LogStream.js";
import type { LogStreams } from "../../execution/index.js";
import { demand } from "../../access/caller.js";
import { bind, type Method, type Service } from "../rpc.js";

/** What {@link createLogStreamService} works with. */
export interface LogStreamServiceOptions {
  readonly methods: {
    readonly createLogStream: Method<
      CreateLogStreamRequest,
      CreateLogStreamRequest__Output,
      LogStream,
      LogStream__Output,
      "unary"
    >;
  };
  readonly streams: LogStreams;
  /** @throws StatusError for an instance that is not served. */
  readonly checkInstance?: (instanceName: string) => void;
}

/** The service that makes log streams; they are read and written by ByteStream. Source: REAPI, remote_logstream.proto. */
export function createLogStreamService({ methods, streams, checkInstance }: LogStreamServiceOptions): Service {
  return [
    bind(methods.createLogStream, async ({ parent = "" }, call) => {
      checkInstance?.(parent);
      demand(call.caller, ["write", "execute"], parent);
      const { name, writeName } = streams.create(parent);
      return { name, writeResourceName: writeName };
    }),
  ];
}
