// Writes the documents that are made from code: `npm run docs`. A test fails where one is stale.
import { writeFileSync } from "node:fs";
import { madeDocuments } from "./documents.ts";

for (const [name, text] of Object.entries(madeDocuments()))
  writeFileSync(new URL(`../../docs/${name}`, import.meta.url), text);
