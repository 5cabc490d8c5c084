import type { ByteString, Command } from "../../formats/index.js";
import type { HelperUse } from "./profile.js";

/** Changes with what passes between us and `executor/helper/causeway-run.c`. */
const VERSION = "1";

/**
 * Where the helper is in the input root, where it puts its report, where it finds the targets of symlinks, and below which folder lies what is to be `/`. A service that makes the
 * input root `/` shows the helper too, until it removes itself.
 */
export const helperPlaces = {
  rooted: { program: ".causeway/run", out: ".causeway/out", links: ".causeway/links", root: "" },
  wrapped: { program: "causeway-run", out: "out", links: "links", root: "root/" },
} as const;

/** How a command calls the helper. */
export interface HelperCall {
  /** Absolute, in the order of the numbers by which the report names them. */
  readonly outputs: readonly ByteString[];
  /** Beside the outputs the path of the folder with the report, as the command asks for it. */
  readonly reportPath: ByteString;
}

const text = (words: readonly string[]): ByteString[] => words as ByteString[];

/** The arguments that have the helper run a builder. */
export function helperArguments(
  { how, form }: HelperUse,
  { outputs, hasNetwork }: { readonly outputs: readonly ByteString[]; readonly hasNetwork: boolean },
  builder: readonly ByteString[],
): ByteString[] {
  const { program, out } = helperPlaces[how];
  const rooted = how === "rooted";
  const first = rooted
    ? [`/${program}`, VERSION, "rooted"]
    : [`./${program}`, VERSION, hasNetwork ? "network" : "wrapped"];
  return text([...first, form, rooted ? `/${out}` : out, String(outputs.length), ...outputs, ...builder]);
}

/** What {@link helperArguments} said; `undefined` for a command without the helper. */
export function helperCallOf({ arguments: words, outputPaths }: Command): HelperCall | undefined {
  const [program, , , , , count] = words;
  const places = Object.values(helperPlaces).find(
    ({ program: name }) => program === `/${name}` || program === `./${name}`,
  );
  // They are sorted in the message.
  const reportPath = outputPaths.find((path) => path === places?.out || path.endsWith(`/${places?.out}`));
  if (places === undefined || reportPath === undefined) return undefined;
  return { outputs: words.slice(6, 6 + Number(count)), reportPath };
}
