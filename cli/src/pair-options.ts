import { InvalidArgumentError } from "commander";

/** Options that take two words, as those of Nix do. Commander knows one word or any number of them. */
const PAIR_OPTIONS = new Set(["--option", "--arg", "--argstr"]);
/** No argument of a program can hold it. */
const SEPARATOR = "\0";

/** Makes one word, `--arg=NAME␀VALUE`, of each option with two words, up to `--`. @see pairOption @see restorePairs */
export function joinPairs(argv: readonly string[]): string[] {
  const joined: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index]!;
    if (word === "--") return [...joined, ...argv.slice(index)];
    if (PAIR_OPTIONS.has(word) && index + 2 < argv.length)
      joined.push(`${word}=${argv[++index]!}${SEPARATOR}${argv[++index]!}`);
    else joined.push(word);
  }
  return joined;
}

/** Gathers the pairs of such an option. @throws InvalidArgumentError if the second word is missing. */
export function pairOption(
  joined: string,
  previous: readonly (readonly [name: string, value: string])[] = [],
): readonly (readonly [name: string, value: string])[] {
  const at = joined.indexOf(SEPARATOR);
  if (at < 0) throw new InvalidArgumentError("It wants a name and a value.");
  return [...previous, [joined.slice(0, at), joined.slice(at + 1)]];
}

/** The words as they were: for a command line that is handed on. */
export function restorePairs(words: readonly string[]): string[] {
  return words.flatMap((word) => {
    const at = word.indexOf(SEPARATOR);
    if (at < 0) return [word];
    const equals = word.indexOf("=");
    return [word.slice(0, equals), word.slice(equals + 1, at), word.slice(at + 1)];
  });
}
