import type { JsonFloat, JsonObject, JsonValue } from "../../formats/index.js";

/** Whether a value is an object. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return value instanceof Map;
}

/** Whether a value is a list. */
export function isJsonArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Whether a value is a number, whole or not. */
export function isJsonNumber(value: JsonValue | undefined): value is bigint | JsonFloat {
  if (typeof value === "bigint") return true;
  return typeof value === "object" && value !== null && !isJsonArray(value) && !isJsonObject(value);
}
