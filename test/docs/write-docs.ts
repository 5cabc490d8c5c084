// Writes the documents that are made from code: `npm run docs`. A test fails where one is stale.
import { writeFileSync } from "node:fs";
import { configurationDocument } from "@causeway/bridge/config/serve";

writeFileSync(new URL("../../docs/configuration.md", import.meta.url), configurationDocument());
