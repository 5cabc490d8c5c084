// Breaks two rules on purpose: a format that does I/O, and one that imports a room above it.
import { readFileSync } from "node:fs";
import { above } from "../../store/above.js";

export const bad = [readFileSync, above];
