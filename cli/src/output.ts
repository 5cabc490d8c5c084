import { once } from "node:events";

/** Writes to standard output and waits where the reader is slow. Ends quietly when the reader has gone away. */
export async function writeOut(chunk: string | Uint8Array): Promise<void> {
  if (!process.stdout.write(chunk)) await once(process.stdout, "drain");
}

/** Writes a stream to standard output with back-pressure. */
export async function streamOut(source: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of source) await writeOut(chunk);
}

// `causeway store cat … | head` is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});
