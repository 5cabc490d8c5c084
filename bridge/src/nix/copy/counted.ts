/** How often a listener hears of a large archive. */
const STEP_BYTES = 1024 * 1024;

/** The same stream; `tell` is told how much has come, at every megabyte and at the end. */
export async function* counted(
  source: AsyncIterable<Uint8Array>,
  tell: (receivedBytes: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  let receivedBytes = 0;
  let toldBytes = 0;
  for await (const piece of source) {
    yield piece;
    receivedBytes += piece.byteLength;
    if (receivedBytes - toldBytes < STEP_BYTES) continue;
    toldBytes = receivedBytes;
    tell(receivedBytes);
  }
  if (receivedBytes > toldBytes) tell(receivedBytes);
}
