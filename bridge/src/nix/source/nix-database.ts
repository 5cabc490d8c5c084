import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { Code, StatusError } from "../../status/index.js";

/** What Nix's own database says of a path. */
export interface NixRegistration {
  /** Full store paths. */
  readonly references: readonly string[];
  readonly deriver?: string;
  /** `sha256:<hex>` of the archive. */
  readonly hash: string;
  readonly ca?: string;
  readonly signatures: readonly string[];
}

/**
 * Looks a path up in the database beside a physical Nix store (`<prefix>/var/nix/db/db.sqlite` for `<prefix>/store`).
 * Source: Nix, src/libstore/schema.sql.
 *
 * @param storeDirectory the physical store directory, e.g. `/nix/store`.
 * @param path the full logical path, e.g. `/nix/store/…-name`.
 * @returns `undefined` if there is no database, or it does not know the path.
 * @throws StatusError FailedPrecondition if the database is there but cannot be read.
 */
export async function queryNixDatabase(storeDirectory: string, path: string): Promise<NixRegistration | undefined> {
  const file = join(dirname(storeDirectory), "var/nix/db/db.sqlite");
  if (!existsSync(file)) return undefined;
  // Loaded here because few runs need it: sources that derivations name prove their own references by their paths.
  const { DatabaseSync } = await import("node:sqlite");
  try {
    const database = new DatabaseSync(file, { readOnly: true });
    try {
      const row = database.prepare("select id, hash, deriver, ca, sigs from ValidPaths where path = ?").get(path);
      if (row === undefined) return undefined;
      const text = (name: string): string | undefined =>
        typeof row[name] === "string" && row[name] !== "" ? row[name] : undefined;
      const references = database
        .prepare("select path from Refs join ValidPaths on reference = id where referrer = ?")
        .all(row["id"] as number)
        .map((reference) => reference["path"] as string);
      const [deriver, ca] = [text("deriver"), text("ca")];
      return {
        references,
        hash: text("hash") ?? "",
        signatures: (text("sigs") ?? "").split(" ").filter((signature) => signature !== ""),
        ...(deriver === undefined ? {} : { deriver }),
        ...(ca === undefined ? {} : { ca }),
      };
    } finally {
      database.close();
    }
  } catch (cause) {
    throw StatusError.wrap(cause, `reading Nix's database ${file}`, Code.FailedPrecondition);
  }
}
