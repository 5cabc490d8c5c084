import type { FileDescriptor } from "@causeway/reapi-protos";
import { Code } from "../../status/index.js";
import type { ProtoMethods } from "../proto-methods.js";
import { bind, type Service } from "../rpc.js";

/** What {@link createReflectionService} needs. */
export interface ReflectionServiceOptions {
  readonly methods: ProtoMethods;
  /** The files that the served services come from, each after those that it uses. */
  readonly files: readonly FileDescriptor[];
  /** Full names of the services that are served. */
  readonly services: readonly string[];
}

/**
 * Tells tools like grpcurl what is served, in both versions of the protocol. It tells nothing that is not published, and needs no credential.
 *
 * Source: gRPC, "GRPC Server Reflection Protocol" (grpc.reflection.v1, v1alpha).
 */
export function createReflectionService({ methods, files, services }: ReflectionServiceOptions): Service {
  const byName = new Map(files.map((file) => [file.name, file]));
  const bySymbol = new Map(files.flatMap((file) => file.symbols.map((symbol) => [symbol, file] as const)));

  /** A file after all that it uses, as those who read them one after another want. */
  function withDependencies(file: FileDescriptor, seen = new Set<string>()): Uint8Array[] {
    if (seen.has(file.name)) return [];
    seen.add(file.name);
    const used = file.dependencies.flatMap((name) => byName.get(name) ?? []);
    return [...used.flatMap((each) => withDependencies(each, seen)), file.encoded];
  }

  function answer(request: Question): Answer {
    const { fileByFilename, fileContainingSymbol, listServices } = request;
    if (listServices !== undefined) return { listServicesResponse: { service: services.map((name) => ({ name })) } };
    const file = fileByFilename === undefined ? bySymbol.get(fileContainingSymbol ?? "") : byName.get(fileByFilename);
    if (file !== undefined)
      return {
        fileDescriptorResponse: {
          fileDescriptorProto: withDependencies(file)
            .reverse()
            .map((bytes) => Buffer.from(bytes)),
        },
      };
    if (fileByFilename === undefined && fileContainingSymbol === undefined)
      return failure(Code.Unimplemented, "these files have no extensions");
    return failure(Code.NotFound, `there is nothing called '${fileByFilename ?? fileContainingSymbol ?? ""}' here`);
  }

  async function* answers<Request extends Question>(
    requests: AsyncIterable<Request>,
  ): AsyncGenerator<Answer & { originalRequest: Request; validHost: string }> {
    for await (const request of requests)
      yield { validHost: request.host ?? "", originalRequest: request, ...answer(request) };
  }

  return [
    bind(methods.reflection.serverReflectionInfo, answers),
    bind(methods.reflectionAlpha.serverReflectionInfo, answers),
  ];
}

/** The same in both versions. */
interface Question {
  readonly host?: string;
  readonly fileByFilename?: string;
  readonly fileContainingSymbol?: string;
  readonly listServices?: string;
}

type Answer =
  | { listServicesResponse: { service: { name: string }[] } }
  | { fileDescriptorResponse: { fileDescriptorProto: Buffer[] } }
  | { errorResponse: { errorCode: number; errorMessage: string } };

function failure(errorCode: Code, errorMessage: string): Answer {
  return { errorResponse: { errorCode, errorMessage } };
}
