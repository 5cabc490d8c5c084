import { existsSync, readFileSync } from "node:fs";
import { configurationDocument } from "@causeway/bridge/config/serve";
import { allCases } from "@causeway/bridge/conformance";
import { RESULTS_FILE, conformanceDocument, type RecordedServer } from "./conformance-document.ts";

/** The documents that are made from code, by their names in docs. */
export function madeDocuments(): Record<string, string> {
  const servers = existsSync(RESULTS_FILE) ? (JSON.parse(readFileSync(RESULTS_FILE, "utf8")) as RecordedServer[]) : [];
  return {
    "configuration.md": configurationDocument(),
    "conformance.md": conformanceDocument(allCases, servers),
  };
}
