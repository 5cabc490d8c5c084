/**
 * Reads the text of a `nix.conf` or of `$NIX_CONFIG`: lines `name = value`, comments from `#`, and names that begin with `extra-`, which
 * add to a list. `include` lines are left out: which files count is the caller's business.
 *
 * Source: Nix, src/libutil/config.cc, `applyConfigInner`.
 *
 * @param base settings read earlier, which these override.
 * @throws SyntaxError that names the line.
 */
export function parseNixConf(text: string, base: ReadonlyMap<string, string> = new Map()): Map<string, string> {
  const settings = new Map(base);
  for (const [index, raw] of text.split("\n").entries()) {
    const words = raw
      .split("#", 1)[0]!
      .split(/[ \t\r]+/)
      .filter((word) => word !== "");
    if (words.length === 0 || words[0] === "include" || words[0] === "!include") continue;
    const [name, equals, ...values] = words;
    if (name === undefined || equals !== "=")
      throw new SyntaxError(`line ${index + 1} is not of the form 'name = value': ${raw.trim()}`);
    applySetting(settings, name, values.join(" "));
  }
  return settings;
}

/** Settings whose own name begins like that. */
const NAMED_EXTRA: ReadonlySet<string> = new Set(["extra-platforms"]);

/** What Nix adds to where nothing was set: the key of the public cache. */
export const DEFAULT_PUBLIC_KEY = "cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=";
const LIST_DEFAULTS: ReadonlyMap<string, string> = new Map([["trusted-public-keys", DEFAULT_PUBLIC_KEY]]);

/** Sets one setting as `--option NAME VALUE` does. */
export function applySetting(settings: Map<string, string>, name: string, value: string): void {
  if (!name.startsWith("extra-") || NAMED_EXTRA.has(name)) {
    settings.set(name, value);
    return;
  }
  const list = name.slice("extra-".length);
  settings.set(list, `${settings.get(list) ?? LIST_DEFAULTS.get(list) ?? ""} ${value}`.trim());
}
