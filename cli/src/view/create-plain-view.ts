import { withoutColours, shortName, type ProgressView, type ViewStream } from "./progress-view.js";

/** One line for each thing that happens, for logs and pipes. With `printLogs`, builders' lines too, each with its derivation's name. */
export function createPlainView(stream: ViewStream, options: { readonly printLogs: boolean }): ProgressView {
  const say = (text: string): void => void stream.write(`${text}\n`);
  return {
    counts() {
      // A plain log says what happens, not how much is left.
    },
    started: (drv) => say(`building '${drv}'...`),
    phase() {
      // Phases are part of the log.
    },
    line(drv, line) {
      if (options.printLogs) say(`${shortName(drv)}> ${withoutColours(line)}`);
    },
    finished() {
      // Success is silent; failures are messages.
    },
    message: say,
    close() {
      // Nothing is held back.
    },
  };
}
