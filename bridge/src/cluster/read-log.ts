import { hotMethods } from "../grpc/index.js";
import type { ClusterConnection } from "./connect-cluster.js";

/** A build may run for days. */
const STREAM_MS = 7 * 24 * 3_600_000;

/**
 * Reads a log stream while it is written, as far as that goes: what does not come is in the result.
 * Source: REAPI, `ExecuteOperationMetadata.stdout_stream_name`.
 */
export async function readLog(
  { channel }: ClusterConnection,
  name: string,
  onBytes: (bytes: Uint8Array) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const request = { resourceName: name, readOffset: 0, readLimit: 0 };
  try {
    const messages = channel.serverStream(hotMethods.byteStream.read, request, { signal, deadlineMs: STREAM_MS });
    for await (const { data } of messages) if (data.byteLength > 0) await onBytes(data);
  } catch {
    // Log streams are a courtesy of the server.
  }
}
