// Who may import whom (ARCHITECTURE.md, "Rooms"). test/boundaries checks that a broken rule is really found.
const rooms = [
  "status",
  "digest",
  "formats",
  "execution",
  "store",
  "coordinator",
  "nix",
  "config",
  "grpc",
  "http",
  "access",
  "metrics",
  "conformance",
  "cluster",
];
/** For each room of the bridge, the rooms it may import besides itself. */
const below = {
  status: [],
  digest: ["status"],
  formats: ["digest", "status"],
  execution: ["status", "digest", "formats"],
  store: ["status", "digest", "formats"],
  coordinator: ["status", "digest", "formats", "execution", "store"],
  nix: ["status", "digest", "formats", "store", "coordinator", "config", "access", "http"],
  config: ["status"],
  access: ["status"],
  grpc: ["access", "status", "digest", "formats", "execution", "store"],
  conformance: ["status", "digest", "formats", "grpc"],
  cluster: ["status", "digest", "formats", "execution", "store", "coordinator", "grpc"],
  http: ["access", "status", "digest", "formats", "store"],
  metrics: ["status", "digest", "formats", "execution", "store"],
};

module.exports = {
  forbidden: [
    ...rooms.map((room) => ({
      name: `bridge-${room}-imports-down`,
      severity: "error",
      from: { path: `bridge/src/${room}/` },
      to: { path: "bridge/src/", pathNot: [room, ...below[room]].map((name) => `bridge/src/${name}/`) },
    })),
    {
      name: "formats-are-pure",
      comment: "Signatures are the exception: ed25519 is Node's.",
      severity: "error",
      from: { path: "bridge/src/formats/", pathNot: "bridge/src/formats/signature/" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "bridge-imports-no-room-above",
      severity: "error",
      from: { path: "bridge/src/" },
      to: { path: "(^|/)(executor|cli|test)/" },
    },
    {
      name: "executor-knows-no-nix",
      severity: "error",
      from: { path: "executor/src/" },
      to: { path: "bridge/(src|dist)/(nix|coordinator|config)/" },
    },
    { name: "cli-is-not-imported", severity: "error", from: { pathNot: "^cli/|/cli/" }, to: { path: "(^|/)cli/src/" } },
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
  ],
  options: {
    doNotFollow: { path: ["node_modules", "(^|/)dist/"] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types", "default"] },
  },
};
