import { ReapiError } from "@causeway/bridge/formats";
import { Code, StatusError } from "@causeway/bridge/status";

/** Decodes a message of a client: one that is malformed is the client's fault (the format room does not know of statuses). */
export function decoded<T>(what: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof ReapiError)) throw error;
    throw new StatusError(Code.InvalidArgument, `malformed ${what}: ${error.message}`, { cause: error });
  }
}
