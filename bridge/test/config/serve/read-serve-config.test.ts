import { describe, expect, it } from "vitest";
import { readServeConfig, type ServeConfig } from "#src/config/serve/index.js";
import { configKeys } from "#src/config/serve/keys.js";

function fromYaml(text: string, environment: Record<string, string> = {}): ServeConfig {
  return readServeConfig({ file: { name: "serve.yaml", text }, environment }).config;
}

function complaints(text: string, environment: Record<string, string> = {}): string[] {
  try {
    fromYaml(text, environment);
  } catch (error) {
    return (error as Error).message.split("\n");
  }
  throw new Error("accepted");
}

const HASH = "5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5";

describe("the configuration of serve", () => {
  it("needs nothing", () => {
    const { config, warnings } = readServeConfig({ environment: {} });
    expect(config.listen).toBe("127.0.0.1:8980");
    expect(config.http).toBe("127.0.0.1:8981");
    expect(config.store).toEqual({ lowWaterPercent: 90, graceSeconds: 3600, checkSeconds: 60 });
    expect(config.credentials).toEqual({ tokens: [], users: [], certificates: [] });
    expect(warnings).toEqual([]);
  });

  it("reads sizes with units of 1024", () => {
    expect(fromYaml("store: {maxSizeBytes: 20G}").store.maxSizeBytes).toBe(20 * 2 ** 30);
    expect(fromYaml("store: {maxSizeBytes: 1.5MiB}").store.maxSizeBytes).toBe(1.5 * 2 ** 20);
    expect(fromYaml("store: {maxSizeBytes: 7}").store.maxSizeBytes).toBe(7);
    expect(complaints("store: {maxSizeBytes: 20 bananas}")).toEqual([
      "serve.yaml:1:9: store.maxSizeBytes: must be a size in bytes, such as 4194304, 4M or 20G",
    ]);
    expect(complaints("store: {maxSizeBytes: 0}")[0]).toMatch(/at least 1 byte/);
  });

  it("says where a key is unknown, and what was probably meant", () => {
    expect(complaints("listen: 127.0.0.1:1\nlimits:\n  batchBytes: 1M\n  mesageBytes: 4M\n")).toEqual([
      "serve.yaml:4:3: limits.mesageBytes: there is no such key; did you mean 'messageBytes'?",
    ]);
    expect(complaints("lissten: x")).toEqual(["serve.yaml:1:1: lissten: there is no such key; did you mean 'listen'?"]);
    expect(complaints("pineapple: 1")).toEqual(["serve.yaml:1:1: pineapple: there is no such key"]);
    expect(complaints(`credentials:\n  tokens:\n    - name: ci\n      sha265: ${HASH}\n`)).toEqual([
      "serve.yaml:3:7: credentials.tokens.0.sha256: must be the SHA-256 of the token in hex",
      "serve.yaml:4:7: credentials.tokens.0.sha265: there is no such key; did you mean 'sha256'?",
    ]);
  });

  it("says all that is wrong at once", () => {
    const lines = complaints(
      "listen: nowhere\nlimits:\n  connections: many\n  streamsPerConnection: 0\nlog:\n  level: loud\nmetrics: yes please\n",
    );
    expect(lines).toEqual([
      "serve.yaml:1:1: listen: must be HOST:PORT, such as 127.0.0.1:8980 or [::]:8980, or unix:/PATH",
      "serve.yaml:3:3: limits.connections: must be a whole number of at least 1",
      "serve.yaml:4:3: limits.streamsPerConnection: must be at least 1",
      "serve.yaml:6:3: log.level: must be one of error, warn, info, debug",
      "serve.yaml:7:1: metrics: must be a section of keys",
    ]);
  });

  it("names line and column of broken YAML", () => {
    expect(complaints("listen: [")[0]).toMatch(/^serve\.yaml:1:\d+: /);
    expect(complaints("a: 1\na: 2\n")[0]).toMatch(/^serve\.yaml:2:1: .*unique/);
    expect(complaints("- a\n- b\n")).toEqual(["serve.yaml: must be a section of keys"]);
    expect(complaints("a: ".repeat(400_000))[0]).toMatch(/larger than/);
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from("bcdefghi")
      .map((name, at) => `${name}: &${name} [${Array(9).fill(`*${"abcdefgh"[at]!}`).join(",")}]`)
      .join("\n")}\n`;
    expect(complaints(bomb)[0]).toMatch(/alias/i);
  });

  it("accepts an empty file and comments", () => {
    expect(fromYaml("").listen).toBe("127.0.0.1:8980");
    expect(fromYaml("# nothing\n").listen).toBe("127.0.0.1:8980");
  });

  it("lets variables win over the file, and options over both", () => {
    const environment = { CAUSEWAY_LISTEN: "127.0.0.1:2", CAUSEWAY_LIMITS_BATCH_BYTES: "2M", CAUSEWAY_HTTP: "" };
    const file = { name: "serve.yaml", text: "listen: 127.0.0.1:1\nhttp: none\n" };
    const read = readServeConfig({ file, environment });
    expect(read.config.listen).toBe("127.0.0.1:2");
    expect(read.config.limits.batchBytes).toBe(2 * 2 ** 20);
    expect(read.config.http).toBe("none");
    const options = [{ name: "--listen", key: "listen", value: "127.0.0.1:3" }];
    expect(readServeConfig({ file, environment, options }).config.listen).toBe("127.0.0.1:3");
  });

  it("has a variable for every key, lists and numbers as YAML in it", () => {
    const environment = {
      CAUSEWAY_STATE: "12",
      CAUSEWAY_DRAIN_SECONDS: "5",
      CAUSEWAY_EXECUTION_ENABLED: "false",
      CAUSEWAY_CREDENTIALS_TOKENS: `[{name: ci, sha256: "${HASH}"}]`,
      CAUSEWAY_RULES: "[{rights: [read]}]",
    };
    const { config, warnings } = readServeConfig({ environment });
    expect(config.state).toBe("12");
    expect(config.drainSeconds).toBe(5);
    expect(config.execution.enabled).toBe(false);
    expect(config.credentials.tokens).toEqual([{ name: "ci", sha256: HASH }]);
    expect(config.rules).toEqual([{ instance: "", rights: ["read"] }]);
    expect(warnings).toEqual([]);
    const variables = configKeys().map((key) => key.variable);
    expect(new Set(variables).size).toBe(variables.length);
    expect(variables).toContain("CAUSEWAY_LIMITS_STREAMS_PER_CONNECTION");
  });

  it("names the variable or the option that is wrong", () => {
    expect(complaints("", { CAUSEWAY_DRAIN_SECONDS: "soon" })).toEqual([
      "$CAUSEWAY_DRAIN_SECONDS: drainSeconds: must be a whole number of at least 0",
    ]);
    expect(complaints("", { CAUSEWAY_RULES: "[{" })[0]).toMatch(/^\$CAUSEWAY_RULES: /);
    const options = [{ name: "--http", key: "http", value: "8981" }];
    expect(() => readServeConfig({ environment: {}, options })).toThrow(
      "--http: http: must be HOST:PORT, such as 127.0.0.1:8981, or none",
    );
  });

  it("warns of variables that it does not know", () => {
    const { warnings } = readServeConfig({ environment: { CAUSEWAY_LISTN: "x", CAUSEWAY_DEBUG: "1", HOME: "/" } });
    expect(warnings).toEqual(["$CAUSEWAY_LISTN is not the name of any key; did you mean $CAUSEWAY_LISTEN?"]);
  });
});

describe("an address that others can reach", () => {
  it.each(["0.0.0.0:8980", "[::]:8980", "10.0.0.1:8980", "build.example.org:8980"])(
    "is refused without credentials: %s",
    (listen) => {
      expect(complaints(`listen: "${listen}"`)[0]).toMatch(
        /^serve\.yaml:1:1: listen: everybody who reaches .*allowPublic/,
      );
      expect(complaints(`http: "${listen}"`)[0]).toMatch(/^serve\.yaml:1:1: http: everybody/);
      expect(fromYaml(`listen: "${listen}"\nallowPublicWithoutCredentials: true`).listen).toBe(listen);
      expect(fromYaml(`listen: "${listen}"\ncredentials: {tokens: [{name: ci, sha256: ${HASH}}]}`).listen).toBe(listen);
    },
  );

  it("is not: a unix socket", () => {
    expect(fromYaml("listen: unix:/run/causeway.sock").listen).toBe("unix:/run/causeway.sock");
    for (const wrong of ["unix:", "unix:run/socket", "unix:/run/", "unix:///"])
      expect(complaints(`listen: "${wrong}"`)[0]).toContain("listen: must be HOST:PORT");
  });

  it.each(["127.0.0.1:0", "127.1.2.3:1", "[::1]:1", "localhost:1"])("is not: %s", (listen) => {
    expect(fromYaml(`listen: "${listen}"\nhttp: "${listen}"`).listen).toBe(listen);
  });

  it("is warned of when secrets would travel in the clear", () => {
    const text = `listen: 0.0.0.0:1\ncredentials: {tokens: [{name: ci, sha256: ${HASH}}]}\n`;
    const { warnings } = readServeConfig({ file: { name: "f", text }, environment: {} });
    expect(warnings[0]).toMatch(/in the clear to 0\.0\.0\.0:1/);
    const tls = "tls: {certificateFile: a, keyFile: b}\n";
    expect(readServeConfig({ file: { name: "f", text: text + tls }, environment: {} }).warnings).toEqual([]);
  });
});

describe("keys that contradict each other", () => {
  it.each([
    ["tls: {certificateFile: a}", "serve.yaml:1:7: tls.certificateFile: certificateFile and keyFile go together"],
    ["tls: {keyFile: a}", "tls.keyFile: certificateFile and keyFile go together"],
    ["tls: {clientCaFile: a}", "tls.clientCaFile: client certificates need"],
    ["tls: {requireClientCertificate: true}", "tls.requireClientCertificate: needs tls.clientCaFile"],
    ["credentials: {certificates: [{name: a, commonName: b}]}", "credentials.certificates: need tls.clientCaFile"],
    ["listen: unix:/s\ntls: {certificateFile: a, keyFile: b}", "serve.yaml:1:1: listen: a unix socket speaks no TLS"],
    ["execution: {maxTimeoutSeconds: 5}", "execution.defaultTimeoutSeconds: is more than"],
    ["rules: [{rights: [read]}]", "serve.yaml:1:1: rules: have no effect without credentials"],
    ["anonymousRights: [read]", "anonymousRights: have no effect without credentials"],
    [
      `credentials: {tokens: [{name: ci, sha256: ${HASH}}, {name: ci, sha256: ${HASH}}]}`,
      "credentials: two credentials have the name 'ci'",
    ],
    [
      `credentials: {tokens: [{name: worker, sha256: ${HASH}}]}\nrules: [{callers: [workr], rights: [read]}]`,
      "serve.yaml:2:10: rules.0.callers: no credential has the name 'workr'; did you mean 'worker'?",
    ],
  ])("are refused: %s", (text, message) => {
    expect(complaints(text).join("\n")).toContain(message);
  });

  it.each([
    "credentials: {tokens: [{name: ci, sha256: secret}]}",
    "credentials: {users: [{name: ada, passwordHash: secret}]}",
    "rules: [{rights: [destroy]}]",
    "rules: [{instance: /main, rights: [read]}]",
    'instanceNames: ["a//b"]',
    "listen: 127.0.0.1:70000",
    "listen: 127.0.0.1",
    "listen: unix",
  ])("or mean nothing are refused: %s", (text) => {
    expect(complaints(text)[0]).toMatch(/^serve\.yaml:1:\d+: .*must be/);
  });
});
