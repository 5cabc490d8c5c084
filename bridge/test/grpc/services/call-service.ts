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

/** Sends messages to a method that takes a stream of them. */
export async function callWriting<Response>(
  service: Service,
  name: string,
  requests: readonly object[],
  call = callOf(),
): Promise<Response> {
  const { method, handler } = boundOf(service, name);
  async function* messages(): AsyncGenerator<unknown, void> {
    for (const request of requests) yield method.request.decode(Buffer.from(method.request.encode(request)));
  }
  const response = await (handler(messages() as never, call) as Promise<unknown>);
  return method.response.decode(Buffer.from(method.response.encode(response))) as Response;
}

/** All messages that a method answers with. */
export async function callReading<Response>(
  service: Service,
  name: string,
  request: object,
  call = callOf(),
): Promise<Response[]> {
  const { method, handler } = boundOf(service, name);
  const decoded = method.request.decode(Buffer.from(method.request.encode(request)));
  const responses: Response[] = [];
  for await (const each of handler(decoded as never, call) as AsyncIterable<unknown>)
    responses.push(method.response.decode(Buffer.from(method.response.encode(each))) as Response);
  return responses;
}

function boundOf(service: Service, name: string): BoundMethod {
  const bound = service.find(({ method }) => method.path.endsWith(`/${name}`));
  if (bound === undefined) throw new Error(`the service has no ${name}`);
  return bound;
}
