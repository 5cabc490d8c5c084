/** Options of Nix that take a name and a value as two arguments. */
const PAIRED = new Set(["--option", "--arg", "--argstr"]);

/**
 * Nix's options with two values, as commander has them with one: `--option cores 2` becomes `--option cores=2`. What follows `--` is left alone.
 */
export function joinPairs(argv: readonly string[]): string[] {
  const joined: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index]!;
    if (word === "--") return [...joined, ...argv.slice(index)];
    joined.push(word);
    const [name, value] = [argv[index + 1], argv[index + 2]];
    if (!PAIRED.has(word) || name === undefined || value === undefined) continue;
    joined.push(`${name}=${value}`);
    index += 2;
  }
  return joined;
}

/** The name and the value of a joined pair; names hold no `=`. */
export function splitPair(pair: string): [name: string, value: string] {
  const at = pair.indexOf("=");
  return at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
}
