import type { ByteString, Command } from "../../formats/index.js";
import type { HelperUse } from "./profile.js";

/** Changes with what passes between us and `executor/helper/causeway-run`. */
export const HELPER_VERSION = "2";

/**
 * Where the helper is in the input root, where it puts its report, where it finds the targets of symlinks and words that are not UTF-8, and below
 * which folder lies what is to be `/`. A service that makes the input root `/` shows the helper too, until it removes itself.
 */
export const helperPlaces = {
  rooted: {
    program: ".causeway/run",
    out: ".causeway/out",
    links: ".causeway/links",
    words: ".causeway/words",
    root: "",
  },
  wrapped: { program: "causeway-run", out: "out", links: "links", words: "words", root: "root/" },
} as const;

/** How a command calls the helper. */
export interface HelperCall {
  /** Absolute, in the order of the numbers by which the report names them. */
  readonly outputs: readonly ByteString[];
  /** Beside the outputs the path of the folder with the report, as the command asks for it. */
  readonly reportPath: ByteString;
}

const text = (words: readonly string[]): ByteString[] => words as ByteString[];

/** What the helper is told beside the builder. */
export interface HelperOrder {
  readonly outputs: readonly ByteString[];
  readonly hasNetwork: boolean;
  /** After which time a builder that says nothing is ended, and after how much one that talks; absent: never. */
  readonly maxSilentMs?: number | undefined;
  readonly maxLogBytes?: number | undefined;
}

/** The arguments that have the helper run a builder. */
export function helperArguments(
  { how, form }: HelperUse,
  { outputs, hasNetwork, maxSilentMs = 0, maxLogBytes = 0 }: HelperOrder,
  builder: readonly ByteString[],
): ByteString[] {
  const { program, out } = helperPlaces[how];
  const rooted = how === "rooted";
  const first = rooted
    ? [`/${program}`, HELPER_VERSION, "rooted"]
    : [`./${program}`, HELPER_VERSION, hasNetwork ? "network" : "wrapped"];
  const limits = [String(Math.ceil(maxSilentMs / 1000)), String(maxLogBytes)];
  return text([...first, form, ...limits, rooted ? `/${out}` : out, String(outputs.length), ...outputs, ...builder]);
}

/** What {@link helperArguments} said; `undefined` for a command without the helper. */
export function helperCallOf({ arguments: words, outputPaths }: Command): HelperCall | undefined {
  const [program, , , , , , , count] = words;
  const places = Object.values(helperPlaces).find(
    ({ program: name }) => program === `/${name}` || program === `./${name}`,
  );
  // They are sorted in the message.
  const reportPath = outputPaths.find((path) => path === places?.out || path.endsWith(`/${places?.out}`));
  if (places === undefined || reportPath === undefined) return undefined;
  return { outputs: words.slice(8, 8 + Number(count)), reportPath };
}
