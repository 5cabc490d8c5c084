import { nearestName } from "./nearest-name.js";
import type { ServeConfig } from "./schema.js";
import { isLocal, isUnixSocket } from "./values.js";

/** Something that cannot be meant, at the key that says it (names and list places joined by dots). */
export interface Contradiction {
  readonly key: string;
  readonly text: string;
}

/** What the schema of single keys cannot see. */
export function contradictions(config: ServeConfig): Contradiction[] {
  const found: Contradiction[] = [];
  const { tls, credentials, execution } = config;
  if ((tls.certificateFile === undefined) !== (tls.keyFile === undefined))
    found.push({
      key: tls.certificateFile === undefined ? "tls.keyFile" : "tls.certificateFile",
      text: "certificateFile and keyFile go together: set both or none",
    });
  if (tls.clientCaFile !== undefined && tls.certificateFile === undefined)
    found.push({ key: "tls.clientCaFile", text: "client certificates need tls.certificateFile and tls.keyFile" });
  if (tls.requireClientCertificate && tls.clientCaFile === undefined)
    found.push({ key: "tls.requireClientCertificate", text: "needs tls.clientCaFile" });
  if (tls.certificateFile !== undefined && isUnixSocket(config.listen))
    found.push({ key: "listen", text: "a unix socket speaks no TLS: listen on HOST:PORT, or remove tls" });
  if (credentials.certificates.length > 0 && tls.clientCaFile === undefined)
    found.push({ key: "credentials.certificates", text: "need tls.clientCaFile" });
  if (execution.defaultTimeoutSeconds > execution.maxTimeoutSeconds)
    found.push({ key: "execution.defaultTimeoutSeconds", text: "is more than execution.maxTimeoutSeconds" });
  const names = credentialNames(config);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) found.push({ key: "credentials", text: `two credentials have the name '${twice}'` });
  found.push(...unknownCallers(config, new Set(names)));
  if (!hasCredentials(config) && (config.rules.length > 0 || config.anonymousRights.length > 0))
    found.push({
      key: config.rules.length > 0 ? "rules" : "anonymousRights",
      text: "have no effect without credentials: name some, or remove this",
    });
  return [...found, ...openDoors(config)];
}

/** Certificates that are not named in the configuration go by their common name, which can then be anything. */
function unknownCallers(config: ServeConfig, names: ReadonlySet<string>): Contradiction[] {
  if (config.tls.clientCaFile !== undefined) return [];
  return config.rules.flatMap((rule, index) =>
    (rule.callers ?? [])
      .filter((name) => !names.has(name))
      .map((name) => {
        const meant = nearestName(name, names);
        const hint = meant === undefined ? "" : `; did you mean '${meant}'?`;
        return { key: `rules.${index}.callers`, text: `no credential has the name '${name}'${hint}` };
      }),
  );
}

function openDoors(config: ServeConfig): Contradiction[] {
  if (hasCredentials(config) || config.allowPublicWithoutCredentials) return [];
  return (["listen", "http"] as const)
    .filter((key) => config[key] !== "none" && !isLocal(config[key]))
    .map((key) => ({
      key,
      text: `everybody who reaches ${config[key]} could read, write and run anything: name credentials, listen on 127.0.0.1, or set allowPublicWithoutCredentials: true`,
    }));
}

/** Whether anybody can be told from anybody else. */
export function hasCredentials({ credentials, tls }: ServeConfig): boolean {
  const { tokens, users, certificates } = credentials;
  return tokens.length + users.length + certificates.length > 0 || tls.clientCaFile !== undefined;
}

function credentialNames({ credentials: { tokens, users, certificates } }: ServeConfig): string[] {
  return [...tokens, ...users, ...certificates].map(({ name }) => name);
}

/** What works, and is probably not what was meant. */
export function doubts(config: ServeConfig): string[] {
  const open = (["listen", "http"] as const).filter((key) => config[key] !== "none" && !isLocal(config[key]));
  const secrets = config.credentials.tokens.length + config.credentials.users.length > 0;
  if (open.length > 0 && secrets && config.tls.certificateFile === undefined)
    return [`tokens and passwords travel in the clear to ${config[open[0]!]}: set tls.certificateFile and tls.keyFile`];
  return [];
}
