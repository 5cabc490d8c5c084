import type { Empty, Empty__Output } from "@causeway/reapi-protos/types/google/protobuf/Empty.js";
import type {
  CancelOperationRequest,
  CancelOperationRequest__Output,
} from "@causeway/reapi-protos/types/google/longrunning/CancelOperationRequest.js";
import type {
  DeleteOperationRequest,
  DeleteOperationRequest__Output,
} from "@causeway/reapi-protos/types/google/longrunning/DeleteOperationRequest.js";
import type {
  GetOperationRequest,
  GetOperationRequest__Output,
} from "@causeway/reapi-protos/types/google/longrunning/GetOperationRequest.js";
import type {
  ListOperationsRequest,
  ListOperationsRequest__Output,
} from "@causeway/reapi-protos/types/google/longrunning/ListOperationsRequest.js";
import type {
  ListOperationsResponse,
  ListOperationsResponse__Output,
} from "@causeway/reapi-protos/types/google/longrunning/ListOperationsResponse.js";
import type {
  Operation as OperationMessage,
  Operation__Output,
} from "@causeway/reapi-protos/types/google/longrunning/Operation.js";
import type {
  WaitOperationRequest,
  WaitOperationRequest__Output,
} from "@causeway/reapi-protos/types/google/longrunning/WaitOperationRequest.js";
import type { Duration__Output } from "@causeway/reapi-protos/types/google/protobuf/Duration.js";
import type { Operation, Operations } from "../../execution/index.js";
import { msOf } from "../../formats/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { BlobStore } from "../../store/index.js";
import { demand } from "../../access/caller.js";
import { bind, type CallContext, type Method, type Service } from "../rpc.js";
import { operationMessage } from "./operation-message.js";

type Unary<ReqIn, ReqOut, ResIn, ResOut> = Method<ReqIn, ReqOut, ResIn, ResOut, "unary">;

/** What {@link createOperationsService} works with. */
export interface OperationsServiceOptions {
  readonly methods: {
    readonly getOperation: Unary<GetOperationRequest, GetOperationRequest__Output, OperationMessage, Operation__Output>;
    readonly listOperations: Unary<
      ListOperationsRequest,
      ListOperationsRequest__Output,
      ListOperationsResponse,
      ListOperationsResponse__Output
    >;
    readonly cancelOperation: Unary<CancelOperationRequest, CancelOperationRequest__Output, Empty, Empty__Output>;
    readonly deleteOperation: Unary<DeleteOperationRequest, DeleteOperationRequest__Output, Empty, Empty__Output>;
    readonly waitOperation: Unary<
      WaitOperationRequest,
      WaitOperationRequest__Output,
      OperationMessage,
      Operation__Output
    >;
  };
  readonly operations: Operations;
  readonly blobs: Pick<BlobStore, "readMany">;
}

/** Operations of one page: each may hold a whole result. */
const PAGE_SIZE_MAX = 500;
const PAGE_SIZE = 100;

/** A wait without a timeout ends here; the client asks again. */
const WAIT_MS_MAX = 300_000;

/**
 * The service `google.longrunning.Operations` over executions. Who started an operation may ask for it and cancel it; for those of others,
 * and to list them, one must be an administrator of their instance.
 */
export function createOperationsService({ methods, operations, blobs }: OperationsServiceOptions): Service {
  const messageOf = (operation: Operation): Promise<OperationMessage> =>
    operationMessage(blobs, operation, operation.state);

  function find(name: string | undefined, { caller }: CallContext): Operation {
    const operation = operations.get(name ?? "");
    const isOwn = !caller.anonymous && caller.name === operation.owner;
    demand(caller, isOwn ? "execute" : "admin", operation.request.instanceName ?? "");
    return operation;
  }

  return [
    bind(methods.getOperation, (request, call) => messageOf(find(request.name, call))),
    bind(methods.listOperations, async (request, call) => {
      if ((request.filter ?? "") !== "")
        throw new StatusError(Code.InvalidArgument, "operations cannot be filtered; leave 'filter' empty");
      const instanceName = instanceOfList(request.name ?? "");
      demand(call.caller, "admin", instanceName ?? "");
      const page = operations.list({
        limit: Math.min(
          PAGE_SIZE_MAX,
          request.pageSize === undefined || request.pageSize <= 0 ? PAGE_SIZE : request.pageSize,
        ),
        ...((request.pageToken ?? "") === "" ? {} : { pageToken: request.pageToken! }),
        filter({ request: { instanceName: own = "" } }) {
          return (instanceName === undefined || own === instanceName) && call.caller.allows("admin", own);
        },
      });
      return {
        operations: await Promise.all(page.operations.map(messageOf)),
        nextPageToken: page.nextPageToken ?? "",
      };
    }),
    bind(methods.cancelOperation, async (request, call) => {
      operations.cancel(find(request.name, call).name);
      return {};
    }),
    bind(methods.deleteOperation, async (request, call) => {
      operations.remove(find(request.name, call).name);
      return {};
    }),
    bind(methods.waitOperation, async (request, call) => {
      const operation = find(request.name, call);
      const late = AbortSignal.timeout(Math.min(WAIT_MS_MAX, timeoutOf(request.timeout)));
      try {
        // Only its end is of interest.
        for await (const { stage } of operation.watch({ signal: AbortSignal.any([call.signal, late]) }))
          if (stage === "completed") break;
      } catch (error) {
        if (!late.aborted || call.signal.aborted) throw error;
      }
      return messageOf(operation);
    }),
  ];
}

/** `[<instance>/]operations` names those of one instance; nothing, or a bare `operations`, those of all. */
function instanceOfList(name: string): string | undefined {
  const instanceName = name.replace(/(^|\/)operations$/, "");
  return instanceName === "" ? undefined : instanceName;
}

function timeoutOf(timeout: Duration__Output | undefined): number {
  if (timeout === undefined) return WAIT_MS_MAX;
  return Math.max(0, msOf({ seconds: Number(timeout.seconds ?? 0), nanos: timeout.nanos ?? 0 }));
}
