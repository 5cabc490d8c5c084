import { anyone, type BoundMethod, type CallContext, type Caller, type Service } from "#src/grpc/index.js";

/** A call as handlers see it, of somebody who may do everything. */
export function callOf(caller: Caller = anyone, signal = new AbortController().signal): CallContext {
  return {
    signal,
    caller,
    header: () => undefined,
    binaryHeader: () => undefined,
    label: () => undefined,
    countBytes: () => undefined,
  };
}

/** Calls a unary method of a service, as its messages come and go on the wire. */
export async function callUnary<Response>(
  service: Service,
  name: string,
  request: object,
  call = callOf(),
): Promise<Response> {
  const { method, handler } = boundOf(service, name);
  const decoded = method.request.decode(Buffer.from(method.request.encode(request)));
  const response = await (handler(decoded as never, call) as Promise<unknown>);
  return method.response.decode(Buffer.from(method.response.encode(response))) as Response;
}

function boundOf(service: Service, name: string): BoundMethod {
  const bound = service.find(({ method }) => method.path.endsWith(`/${name}`));
  if (bound === undefined) throw new Error(`the service has no ${name}`);
  return bound;
}
