import type { Call } from "../call.js";
import { TEXT_BYTES_MAX } from "../wire/limits.js";
import type { ClientSettings } from "../session.js";

/** Settings that a client has; there are some two hundred in all. */
const OVERRIDES_MAX = 10_000;

/** What a client wants of its builds from now on. Settings that are not about the builds themselves are the daemon's. */
export async function setOptions({ reader, session }: Call): Promise<undefined> {
  const keepFailed = await reader.bool("keep failed");
  const keepGoing = await reader.bool("keep going");
  await reader.bool("try fallback");
  await reader.amount("verbosity");
  await reader.amount("max build jobs");
  const maxSilentSeconds = await reader.amount("max silent time");
  await reader.amount("use build hook");
  await reader.amount("verbose build");
  await reader.amount("log type");
  await reader.amount("print build trace");
  await reader.amount("build cores");
  const substitute = await reader.bool("use substitutes");
  const overrides = new Map(
    await reader.list(
      "settings",
      async () => [await reader.text("setting"), await reader.text("value of a setting", TEXT_BYTES_MAX)] as const,
      OVERRIDES_MAX,
    ),
  );
  const number = (name: string): number | undefined => {
    const text = overrides.get(name);
    return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
  };
  const timeoutSeconds = number("timeout");
  const logLines = number("log-lines");
  const maxLogBytes = number("max-build-log-size");
  session.settings = {
    keepFailed,
    keepGoing,
    substitute,
    // Zero means that there is no limit; then the daemon's counts.
    ...limit("maxSilentMs", maxSilentSeconds * 1000),
    ...limit("timeoutMs", (timeoutSeconds ?? 0) * 1000),
    ...limit("maxLogBytes", maxLogBytes ?? 0),
    ...(logLines === undefined ? {} : { logLines }),
  };
  return undefined;
}

function limit<K extends keyof ClientSettings>(name: K, value: number): Pick<ClientSettings, K> {
  return (value > 0 ? { [name]: value } : {}) as Pick<ClientSettings, K>;
}
