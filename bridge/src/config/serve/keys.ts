import type { z } from "zod";
import { serveSchema } from "./schema.js";

/** One key of the configuration, for its documentation and its environment variable. */
export interface ConfigKey {
  /** E.g. `["limits", "batchBytes"]`. */
  readonly path: readonly string[];
  readonly description: string;
  readonly unit?: string;
  /** What holds when it is not set, as YAML would say it or in words; absent: nothing. */
  readonly fallback?: string;
  /** E.g. `CAUSEWAY_LIMITS_BATCH_BYTES`. */
  readonly variable: string;
  /** Whether its value is text, which the environment gives as it is; other values are read as YAML. */
  readonly isText: boolean;
}

/** Keys that belong together. The first group has no name: keys of the top. */
export interface ConfigSection {
  readonly name: string;
  readonly description: string;
  readonly keys: readonly ConfigKey[];
}

/** `limits.batchBytes` → `CAUSEWAY_LIMITS_BATCH_BYTES`. */
export function variableOf(path: readonly string[]): string {
  return `CAUSEWAY_${path.map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()).join("_")}`;
}

/** All keys, in the order of the schema. */
export function configSections(): readonly ConfigSection[] {
  const top: ConfigKey[] = [];
  const sections: ConfigSection[] = [];
  for (const [name, type] of Object.entries(serveSchema.shape)) {
    const inner = objectWithin(type);
    if (inner === undefined) top.push(keyOf([name], type));
    else
      sections.push({
        name,
        description: type.meta()?.description ?? "",
        keys: Object.entries(inner.shape).map(([key, value]) => keyOf([name, key], value as z.ZodType)),
      });
  }
  return [{ name: "", description: "", keys: top }, ...sections];
}

/** All keys in one list. */
export function configKeys(): readonly ConfigKey[] {
  return configSections().flatMap((section) => section.keys);
}

function objectWithin(type: z.ZodType): z.ZodObject | undefined {
  const { def } = type as z.ZodPrefault<z.ZodObject>;
  return (def.type as string) === "prefault" ? def.innerType : undefined;
}

function keyOf(path: readonly string[], type: z.ZodType): ConfigKey {
  const { description = "", unit, fallback } = type.meta() ?? {};
  const said = (fallback as string | undefined) ?? defaultOf(type);
  return {
    path,
    description,
    ...(unit === undefined ? {} : { unit: unit as string }),
    ...(said === undefined ? {} : { fallback: said }),
    variable: variableOf(path),
    isText: isText(type),
  };
}

function defaultOf(type: z.ZodType): string | undefined {
  const { def } = type as z.ZodDefault;
  return (def.type as string) === "default" ? `\`${JSON.stringify(def.defaultValue).replaceAll('"', "")}\`` : undefined;
}

/** Looks below defaults and alternatives. */
function isText(type: z.ZodType): boolean {
  const def = type.def as { readonly type: string; readonly innerType?: z.ZodType; readonly options?: z.ZodType[] };
  if (def.options !== undefined) return def.options.every(isText);
  if (def.innerType !== undefined) return isText(def.innerType);
  return def.type === "string" || def.type === "enum" || def.type === "literal";
}
