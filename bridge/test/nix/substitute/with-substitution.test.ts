import { describe, expect, it } from "vitest";
import type { DerivationSource } from "#src/coordinator/index.js";
import type { Derivation, StorePath } from "#src/formats/index.js";
import type { SubstituteEnd, Substituter } from "#src/nix/substitute/substituter.js";
import { withSubstitution } from "#src/nix/substitute/with-substitution.js";
import { Code, StatusError } from "#src/status/index.js";
import { pathOf } from "./fake-cache.js";

const path = pathOf(1);

/** A source that has nothing until it was fetched. */
function openWorld(end: SubstituteEnd, failure = new StatusError(Code.NotFound, "nowhere")) {
  const fetched: StorePath[] = [];
  const source: DerivationSource = {
    async load() {
      if (fetched.length === 0 || end.type !== "valid") throw failure;
      return "derivation" as unknown as Derivation;
    },
    async ensureValid() {
      throw failure;
    },
  };
  const substituter: Pick<Substituter, "substitute"> = {
    async substitute(wanted) {
      fetched.push(wanted);
      return end;
    },
  };
  return { fetched, source: withSubstitution(source, substituter as Substituter) };
}

describe("a source that fetches what is nowhere else", () => {
  it("has it then", async () => {
    const { source, fetched } = openWorld({ type: "valid" });
    await source.ensureValid(path);
    expect(await source.load(path)).toBe("derivation");
    expect(fetched).toEqual([path]);
  });

  it("says what the source says where no cache has it", async () => {
    const { source } = openWorld({ type: "absent" });
    await expect(source.ensureValid(path)).rejects.toThrow("nowhere");
    await expect(source.load(path)).rejects.toThrow("nowhere");
  });

  it("says what went wrong where one has it", async () => {
    const { source } = openWorld({ type: "failed", message: "damaged" });
    await expect(source.ensureValid(path)).rejects.toMatchObject({ code: Code.NotFound, message: "damaged" });
  });

  it("fetches nothing when the source fails otherwise", async () => {
    const { source, fetched } = openWorld({ type: "valid" }, new StatusError(Code.DataLoss, "modified"));
    await expect(source.ensureValid(path)).rejects.toThrow("modified");
    await expect(source.load(path)).rejects.toThrow("modified");
    expect(fetched).toEqual([]);
  });
});
