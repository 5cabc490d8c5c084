import { configSections, type ConfigKey } from "./keys.js";

const HEAD = `# Configuration of \`causeway serve\`

<!-- Made from bridge/src/config/serve/schema.ts by \`npm run docs\`; change it there. -->

\`causeway serve\` needs no configuration: it then serves this machine only, without a size limit and without credentials.
\`--config FILE\` (or \`$CAUSEWAY_CONFIG\`) names a YAML file with the keys below; unknown keys are errors. Each key can also be set by its
environment variable, which wins over the file; lists and numbers are written there as YAML. The options \`--listen\`, \`--http\` and \`--state\`
win over both.

Sizes may have a unit: \`512M\`, \`20G\` (powers of 1024).

\`\`\`yaml
listen: 0.0.0.0:8980
http: 0.0.0.0:8981
store:
  maxSizeBytes: 200G
tls:
  certificateFile: /etc/causeway/server.crt
  keyFile: /etc/causeway/server.key
credentials:
  tokens:
    - name: ci
      sha256: 5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5
  users:
    - name: ada
      passwordHash: scrypt:15:8:1:...
rules:
  - rights: [read]
  - callers: [ci]
    instance: main
    rights: [read, write, execute]
\`\`\`
`;

/** The text of docs/configuration.md. */
export function configurationDocument(): string {
  const parts = configSections().map(({ name, description, keys }) => {
    const title = name === "" ? "## Top level" : `## \`${name}\`\n\n${description}`;
    const rows = keys.map(rowOf);
    return `${title}\n\n| key | default | environment | meaning |\n| --- | --- | --- | --- |\n${rows.join("\n")}\n`;
  });
  return [HEAD, ...parts].join("\n");
}

function rowOf(key: ConfigKey): string {
  const unit = key.unit === undefined ? "" : ` (${key.unit})`;
  return `| \`${key.path.join(".")}\` | ${key.fallback ?? ""}${key.fallback === undefined ? "" : unit} | \`${key.variable}\` | ${key.description} |`;
}
