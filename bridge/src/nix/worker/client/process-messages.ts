import { Code, StatusError } from "../../../status/index.js";
import { Stderr } from "../protocol.js";
import { ProtocolError } from "../wire/error.js";
import { TEXT_BYTES_MAX } from "../wire/limits.js";
import type { WireReader } from "../wire/reader.js";

/** Traces of one error: positions in expressions, of which a daemon has none. */
const TRACES_MAX = 1_000;
/** Fields of an activity; the longest has four. */
const FIELDS_MAX = 1_000;

/**
 * Reads what a daemon says while it works, up to the end of that.
 *
 * @param onLine is handed what is meant for a person.
 * @throws StatusError with the daemon's words if the work failed; ProtocolError.
 */
export async function processMessages(
  reader: WireReader,
  minor: number,
  onLine: (line: string) => void,
): Promise<void> {
  for (;;) {
    reader.beginRequest(); // Each message is small; there may be any number of them.
    const type = await reader.number("message");
    switch (type) {
      case Stderr.Last:
        return;
      case Stderr.Error:
        throw await readError(reader, minor);
      case Stderr.Next:
        onLine(withoutColours(await reader.text("line", TEXT_BYTES_MAX)).trimEnd());
        break;
      case Stderr.StartActivity:
        for (const what of ["activity", "level", "type"]) await reader.big(what);
        await reader.text("text", TEXT_BYTES_MAX);
        await readFields(reader);
        await reader.big("parent");
        break;
      case Stderr.StopActivity:
        await reader.big("activity");
        break;
      case Stderr.Result:
        for (const what of ["activity", "type"]) await reader.big(what);
        await readFields(reader);
        break;
      default:
        throw new ProtocolError(`the daemon sent message ${String(type)}, which is not known`);
    }
  }
}

async function readFields(reader: WireReader): Promise<void> {
  await reader.list(
    "fields",
    async () => {
      const isText = await reader.bool("kind of field");
      if (isText) await reader.text("field", TEXT_BYTES_MAX);
      else await reader.big("field");
    },
    FIELDS_MAX,
  );
}

async function readError(reader: WireReader, minor: number): Promise<StatusError> {
  if (minor < 26) {
    const message = await reader.text("error", TEXT_BYTES_MAX);
    await reader.number("status");
    return new StatusError(Code.Aborted, withoutColours(message));
  }
  await reader.text("kind of error");
  await reader.number("level");
  await reader.text("name of error");
  const message = await reader.text("error", TEXT_BYTES_MAX);
  await reader.number("position");
  await reader.list(
    "traces",
    async () => {
      await reader.number("position");
      await reader.text("trace", TEXT_BYTES_MAX);
    },
    TRACES_MAX,
  );
  return new StatusError(Code.Aborted, withoutColours(message));
}

/** Messages are dressed for a terminal. */
function withoutColours(text: string): string {
  return text.replace(/\u001b\[[0-9;]*m/g, "");
}
