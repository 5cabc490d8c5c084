import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { madeDocuments } from "./documents.ts";

describe("documents that are made from code", () => {
  it.each(Object.entries(madeDocuments()))("%s is what `npm run docs` makes", async (name, text) => {
    expect(await readFile(new URL(`../../docs/${name}`, import.meta.url), "utf8")).toBe(text);
  });
});
