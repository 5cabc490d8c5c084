/** A longer line is cut: the column of a `\r` cannot be kept for ever. */
const LINE_BYTES_MAX = 64 * 1024;

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** Turns a builder's output into lines. */
export interface LogSplitter {
  push(bytes: Uint8Array): void;
  /** The last line may lack its newline. */
  end(): void;
}

/**
 * Splits at `\n`; `\r` goes back to the first column, so that what follows writes over what was there, as a terminal would show it.
 *
 * @param onLine gets text; bytes that are no UTF-8 become U+FFFD.
 *
 * Source: Nix, src/libstore/build/derivation-goal.cc, `handleChildOutput`.
 */
export function createLogSplitter(onLine: (line: string) => void): LogSplitter {
  const decoder = new TextDecoder();
  const line = new Uint8Array(LINE_BYTES_MAX);
  let length = 0;
  let column = 0;
  const flush = (): void => {
    const text = decoder.decode(line.subarray(0, length));
    length = 0;
    column = 0;
    onLine(text);
  };
  return {
    push(bytes) {
      for (const byte of bytes) {
        if (byte === NEWLINE) flush();
        else if (byte === RETURN) column = 0;
        else {
          if (column === LINE_BYTES_MAX) flush();
          line[column++] = byte;
          if (column > length) length = column;
        }
      }
    },
    end() {
      if (length > 0) flush();
    },
  };
}
