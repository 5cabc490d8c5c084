import { ProtocolError } from "./error.js";
import { ALL_REQUESTS_BYTES_MAX, SMALL_REQUEST_BYTES_MAX } from "./limits.js";

/** What the requests of all clients hold in memory. Each may be large, all of them at once may not. */
export interface RequestMemory {
  /**
   * Bytes of a request have come that is to hold them.
   *
   * @param heldBytes what it holds with them.
   * @throws ProtocolError if all hold too much, and this one is not small.
   */
  take(sizeBytes: number, heldBytes: number): void;
  /** A request that held so much has ended. */
  give(heldBytes: number): void;
}

export function createRequestMemory(): RequestMemory {
  let allBytes = 0;
  return {
    take(sizeBytes, heldBytes) {
      allBytes += sizeBytes;
      if (allBytes > ALL_REQUESTS_BYTES_MAX && heldBytes > SMALL_REQUEST_BYTES_MAX)
        throw new ProtocolError("the daemon is busy with large requests; try again later");
    },
    give(heldBytes) {
      allBytes -= heldBytes;
    },
  };
}
