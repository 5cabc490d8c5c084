import { LineCounter, isMap, parseDocument, type Document } from "yaml";
import { Code, StatusError } from "../../status/index.js";

/** A configuration of a few hundred rules has 50 KB; a larger one is another file. */
const FILE_BYTES_MAX = 1 << 20;
/** Aliases multiply what they name: more uses are an attack, not a configuration. */
const ALIASES_MAX = 100;

/** What a file says, and where it says it. */
export interface YamlSource {
  /** Plain data; an empty object if the file is empty. */
  readonly value: unknown;
  /** `file:line:column` of a key, or of what is nearest above it. */
  placeOf(path: readonly PropertyKey[]): string;
}

/**
 * Reads YAML 1.2.
 *
 * @throws StatusError InvalidArgument that names file, line and column.
 */
export function readYaml(name: string, text: string): YamlSource {
  if (text.length > FILE_BYTES_MAX)
    throw new StatusError(Code.InvalidArgument, `${name}: is larger than ${FILE_BYTES_MAX} bytes`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  const errors = document.errors.map((error) => `${at(error.pos[0])}: ${error.message}`);
  if (errors.length > 0) throw new StatusError(Code.InvalidArgument, errors.join("\n"));
  return {
    value: valueOf(document, name),
    placeOf(path) {
      for (let length = path.length; length > 0; length--) {
        const offset = offsetOf(document, path.slice(0, length));
        if (offset !== undefined) return at(offset);
      }
      return name;
    },
  };
}

function valueOf(document: Document, name: string): unknown {
  try {
    return (document.toJS({ maxAliasCount: ALIASES_MAX }) as unknown) ?? {};
  } catch (error) {
    throw StatusError.wrap(error, name, Code.InvalidArgument);
  }
}

/** Where the key of a map or the item of a list begins. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  const parent: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const last = path.at(-1);
  if (isMap(parent)) {
    const pair = parent.items.find((item) => String(item.key) === last);
    return (pair?.key as { range?: readonly number[] } | undefined)?.range?.[0];
  }
  return (document.getIn(path, true) as { range?: readonly number[] } | undefined)?.range?.[0];
}
