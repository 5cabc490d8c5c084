import { parse } from "yaml";
import type { z } from "zod";
import { Code, StatusError } from "../../status/index.js";
import { contradictions, doubts } from "./contradictions.js";
import { configKeys, type ConfigKey } from "./keys.js";
import { nearestName } from "./nearest-name.js";
import { serveSchema, type ServeConfig } from "./schema.js";
import { readYaml, type YamlSource } from "./yaml-source.js";

/** Where a configuration comes from; what is later in this list overrides what is before it. */
export interface ConfigSources {
  readonly file?: { readonly name: string; readonly text: string };
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What the command line says, by the name of its option and the key that it sets. */
  readonly options?: readonly { readonly name: string; readonly key: string; readonly value: string }[];
}

/** A configuration, and what is doubtful about it. */
export interface ReadServeConfig {
  readonly config: ServeConfig;
  readonly warnings: readonly string[];
}

/** Variables of the same form that are not keys. */
const OTHER_VARIABLES = new Set(["CAUSEWAY_DEBUG", "CAUSEWAY_CONFIG"]);

/**
 * Reads and checks the server's configuration.
 *
 * @throws StatusError InvalidArgument with one line for each problem: where it is (`file:line:column`, a variable or an option), the key, and
 *   what would be right.
 */
export function readServeConfig(sources: ConfigSources): ReadServeConfig {
  const yaml = sources.file === undefined ? undefined : readYaml(sources.file.name, sources.file.text);
  const raw = yaml?.value ?? {};
  const overrides = overridesOf(sources);
  for (const { path, value } of overrides) setAt(raw, path, value);
  const placeOf = placeFinder(yaml, overrides);
  const parsed = serveSchema.safeParse(raw);
  if (!parsed.success) throw problems(parsed.error.issues.flatMap((issue) => describe(issue, placeOf)));
  const found = contradictions(parsed.data);
  if (found.length > 0) throw problems(found.map(({ key, text }) => `${placeOf(key.split("."))}: ${key}: ${text}`));
  return { config: parsed.data, warnings: [...doubts(parsed.data), ...unknownVariables(sources.environment)] };
}

interface Override {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly origin: string;
}

function overridesOf(sources: ConfigSources): Override[] {
  const fromEnvironment = configKeys().flatMap((key): Override[] => {
    const text = sources.environment[key.variable];
    if (text === undefined || text === "") return [];
    return [{ path: key.path, value: valueOfVariable(key, text), origin: `$${key.variable}` }];
  });
  const fromOptions = (sources.options ?? []).map(({ name, key, value }): Override => {
    return { path: key.split("."), value, origin: name };
  });
  return [...fromEnvironment, ...fromOptions];
}

function valueOfVariable(key: ConfigKey, text: string): unknown {
  if (key.isText) return text;
  try {
    return parse(text, { prettyErrors: false });
  } catch (error) {
    throw StatusError.wrap(error, `$${key.variable}`, Code.InvalidArgument);
  }
}

/** Where the way is no object, the schema complains of that. */
function setAt(raw: unknown, path: readonly string[], value: unknown): void {
  let place = raw;
  for (const [index, name] of path.entries()) {
    if (typeof place !== "object" || place === null) return;
    const object = place as Record<string, unknown>;
    if (index === path.length - 1) object[name] = value;
    else place = object[name] ??= {};
  }
}

type PlaceFinder = (path: readonly PropertyKey[]) => string;

function placeFinder(yaml: YamlSource | undefined, overrides: readonly Override[]): PlaceFinder {
  return (path) => {
    const override = overrides.findLast((one) => one.path.every((name, index) => name === path[index]));
    return override?.origin ?? yaml?.placeOf(path) ?? "configuration";
  };
}

/** In the order of the file's lines. */
function problems(lines: readonly string[]): StatusError {
  const inOrder = lines.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }));
  return new StatusError(Code.InvalidArgument, inOrder.join("\n"));
}

type Issue = z.core.$ZodIssue;

function describe(issue: Issue, placeOf: PlaceFinder): string[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((name) => {
      const path = [...issue.path, name];
      const meant = nearestName(name, knownBeside(issue.path));
      const hint = meant === undefined ? "" : `; did you mean '${meant}'?`;
      return `${placeOf(path)}: ${path.join(".")}: there is no such key${hint}`;
    });
  const key = issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
  return [`${placeOf(issue.path)}: ${key}${messageOf(issue)}`];
}

function messageOf(issue: Issue): string {
  if (issue.code === "invalid_value")
    return `must be ${issue.values.length > 1 ? "one of " : ""}${issue.values.join(", ")}`;
  if (issue.message.startsWith("must ")) return issue.message;
  if (issue.code === "invalid_type")
    return `must be ${issue.expected === "object" ? "a section of keys" : issue.expected}`;
  return issue.message;
}

/** The names that could stand where an unknown one does. */
function knownBeside(path: readonly PropertyKey[]): string[] {
  let type: { readonly def: unknown } = serveSchema;
  for (const name of path) {
    const def = innermost(type);
    type = (typeof name === "number" ? def.element : def.shape?.[String(name)]) ?? type;
  }
  return Object.keys(innermost(type).shape ?? {});
}

interface Def {
  readonly innerType?: { readonly def: unknown };
  readonly element?: { readonly def: unknown };
  readonly shape?: Readonly<Record<string, { readonly def: unknown }>>;
}

function innermost(type: { readonly def: unknown }): Def {
  const def = type.def as Def;
  return def.innerType === undefined ? def : innermost(def.innerType);
}

function unknownVariables(environment: ConfigSources["environment"]): string[] {
  const known = new Set(configKeys().map((key) => key.variable));
  return Object.keys(environment)
    .filter((name) => name.startsWith("CAUSEWAY_") && !known.has(name) && !OTHER_VARIABLES.has(name))
    .map((name) => {
      const meant = nearestName(name, known);
      return `$${name} is not the name of any key${meant === undefined ? "" : `; did you mean $${meant}?`}`;
    });
}
