/**
 * Runs `body` with a signal that aborts on SIGINT, SIGTERM and SIGHUP, so that it can end what it started. A second one ends the program.
 */
export async function interruptible<T>(body: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  for (const name of names) process.on(name, interrupt);
  try {
    return await body(controller.signal);
  } finally {
    for (const name of names) process.off(name, interrupt);
  }
}
