import { parse } from "yaml";
import { describe, expect, it } from "vitest";
import { configurationDocument, readServeConfig } from "#src/config/serve/index.js";
import { configKeys } from "#src/config/serve/keys.js";

describe("docs/configuration.md", () => {
  it("says what every key means and has a default for, or that it has none", () => {
    for (const key of configKeys()) {
      expect(key.description, key.path.join(".")).toMatch(/^[A-Z].*\.$/);
      expect(configurationDocument()).toContain(`\`${key.variable}\``);
    }
  });

  it("has an example that is right but for the password, which nobody can log in with", () => {
    const example = /```yaml\n([^`]*)```/.exec(configurationDocument())![1]!;
    const hash = `scrypt:15:8:1:${"A".repeat(24)}:${"A".repeat(44)}`;
    const text = example.replace("scrypt:15:8:1:...", hash);
    const { config, warnings } = readServeConfig({ file: { name: "example", text }, environment: {} });
    expect(config.rules).toHaveLength(2);
    expect(warnings).toEqual([]);
    expect(Object.keys(parse(text) as object)).toContain("tls");
  });
});
