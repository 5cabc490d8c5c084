import { z } from "zod";
import { clustersSchema } from "./clusters-schema.js";
import { anonymousRightsSchema, credentialsSchema, rulesSchema } from "./credentials-schema.js";
import { count, grpcAddress, hostOf, instanceName, sizeBytes } from "./values.js";

const MIB = 2 ** 20;

const file = z.string("must be the name of a file").min(1, "must be the name of a file");
const hostPath = z.string("must be an absolute path").startsWith("/", "must be an absolute path");
const flag = z.boolean("must be true or false");

const store = z
  .strictObject({
    maxSizeBytes: sizeBytes().optional().meta({
      description:
        "Over this size what is least recently used goes, action results and store paths always with all that only they need. Without it nothing is ever removed.",
      unit: "bytes",
      fallback: "no limit",
    }),
    lowWaterPercent: z
      .int("must be a whole number from 1 to 100")
      .min(1, "must be at least 1")
      .max(100, "must be at most 100")
      .default(90)
      .meta({ description: "How far down a collection goes, so that the next one is not due at once.", unit: "%" }),
    graceSeconds: count(0).default(3600).meta({
      description:
        "Nothing is removed that was written, found or read so recently. Longer than a build, or clients lose what they were just promised.",
      unit: "seconds",
    }),
    checkSeconds: count(1).default(60).meta({ description: "How often the size is looked at.", unit: "seconds" }),
  })
  .prefault({})
  .meta({ description: "What is kept, and for how long." });

const limits = z
  .strictObject({
    messageBytes: sizeBytes()
      .default(16 * MIB)
      .meta({ description: "The largest gRPC message that is accepted.", unit: "bytes" }),
    batchBytes: sizeBytes().default(3_670_016).meta({
      description:
        "Blobs together in one batch request or response, which clients learn from the capabilities. The default leaves room for digests in the 4 MiB that gRPC clients accept.",
      unit: "bytes",
    }),
    blobBytes: sizeBytes()
      .default(2 ** 36)
      .meta({ description: "The largest blob that is accepted.", unit: "bytes" }),
    streamsPerConnection: count(1).default(1000).meta({ description: "Calls in flight on one connection." }),
    connections: count(1)
      .default(10_000)
      .meta({ description: "Open connections to each of the two ports; more are closed at once." }),
    keepAliveSeconds: count(1).default(60).meta({
      description: "A silent gRPC connection is asked for a sign of life so often, and closed if none comes.",
      unit: "seconds",
    }),
    stallSeconds: count(1).default(300).meta({
      description: "Uploads, downloads and HTTP requests that do not move for so long are ended.",
      unit: "seconds",
    }),
  })
  .prefault({})
  .meta({ description: "Bounds on what clients may ask." });

const execution = z
  .strictObject({
    enabled: flag.default(true).meta({ description: "Whether actions are run; if not, this is a cache." }),
    concurrency: count(1).optional().meta({
      description: "How many actions run at once.",
      fallback: "as many as there are processors",
    }),
    queueLength: count(1).default(10_000).meta({ description: "How many actions may wait; more are refused." }),
    defaultTimeoutSeconds: count(1)
      .default(24 * 3600)
      .meta({ description: "The timeout of actions that name none.", unit: "seconds" }),
    maxTimeoutSeconds: count(1)
      .default(7 * 24 * 3600)
      .meta({ description: "The longest timeout that an action may name.", unit: "seconds" }),
    memoryBytes: sizeBytes().optional().meta({
      description: "What running actions may ask for together by the platform property `memory`.",
      unit: "bytes",
      fallback: "the machine's memory",
    }),
    defaultRoot: z.enum(["host", "input"]).default("host").meta({
      description:
        "What is `/` for actions whose platform property `root` does not say: the host's own toolchains, read-only (`host`), or the input root and nothing else (`input`).",
    }),
    hostPaths: z.array(hostPath, "must be a list of absolute paths").optional().meta({
      description: "What of this machine actions see whose root is the host.",
      fallback: "its system directories",
    }),
    ignoredProperties: z
      .union([z.literal("all"), z.array(z.string())], "must be a list of names, or all")
      .default([])
      .meta({
        description:
          "Platform properties that are passed over, or `all` that are not known. Other unknown ones are refused, for they may change what an action does.",
      }),
  })
  .prefault({})
  .meta({ description: "Running actions." });

const assets = z
  .strictObject({
    download: flag.default(false).meta({
      description:
        "Whether an asset that nobody pushed is downloaded over HTTP or HTTPS for a client that may write. Such a client can then reach, through this server, every address that this server reaches.",
    }),
    downloadBytes: sizeBytes()
      .default(2 ** 32)
      .meta({ description: "The largest asset that is downloaded.", unit: "bytes" }),
    downloadSeconds: count(1)
      .default(600)
      .meta({ description: "How long one download may take; clients may ask for less.", unit: "seconds" }),
  })
  .prefault({})
  .meta({ description: "The Remote Asset API: artifacts and sources of BuildStream, Bazel's remote downloader." });

const nix = z
  .strictObject({
    socket: file.optional().meta({
      description:
        "The unix socket for Nix of the user who runs the server (and root), who are trusted: `NIX_REMOTE=unix://PATH`. `causeway stdio` joins the one in the state. `none` for nowhere.",
      fallback: "`nix.sock` in the state",
    }),
    publicSocket: file.optional().meta({
      description: "A unix socket for Nix of everybody on this machine, who are not trusted.",
      fallback: "none",
    }),
    buildsHere: z.enum(["all", "preferred", "needed", "none"]).default("preferred").meta({
      description:
        "What is built on this machine where there are `clusters`: `all`, as if it were one of them; `preferred`, what says `preferLocalBuild` or has a fixed output; `needed`, what no cluster can build; or `none`.",
    }),
  })
  .prefault({})
  .meta({ description: "Nix's own protocol." });

const binaryCache = z
  .strictObject({
    enabled: flag.default(true).meta({
      description: "Whether the HTTP address is a binary cache: `substituters = http://HOST:PORT`, `nix copy`.",
    }),
    priority: count(0).default(40).meta({
      description: "Clients ask caches with lower numbers first; cache.nixos.org says 40.",
    }),
    wantMassQuery: flag.default(true).meta({
      description: "Whether clients ask for everything that they need, also in advance.",
    }),
    compression: z.enum(["none", "zstd"]).default("none").meta({
      description:
        "How archives are sent. Packed with `zstd` they are smaller; `none` is quickest near by, and lets downloads that were cut off go on.",
    }),
    signingKeyFiles: z.array(file, "must be a list of files").default([]).meta({
      description:
        "Secret keys, as `causeway keys generate` writes them, whose signatures are added to whatever is served.",
    }),
  })
  .prefault({})
  .meta({
    description:
      "A Nix binary cache. Uploads need the right to `write`, and a signature by one of the `trusted-public-keys` of `nix.conf`, or an address by contents; callers with the right to `admin` may upload anything.",
  });

const tls = z
  .strictObject({
    certificateFile: file.optional().meta({ description: "Certificate chain in PEM. With it both ports speak TLS." }),
    keyFile: file.optional().meta({ description: "Private key in PEM." }),
    clientCaFile: file.optional().meta({ description: "Who signs client certificates, in PEM." }),
    requireClientCertificate: flag.default(false).meta({
      description: "Whether a connection without a client certificate is refused, whatever else it presents.",
    }),
  })
  .prefault({})
  .meta({ description: "Encryption. The files are read again on SIGHUP." });

const log = z
  .strictObject({
    level: z
      .enum(["error", "warn", "info", "debug"])
      .default("info")
      .meta({ description: "The least important messages that are logged; `debug` has a line for each call." }),
    format: z.enum(["auto", "json", "text"]).default("auto").meta({
      description: "JSON lines, or text for people; `auto` is text on a terminal and JSON elsewhere.",
    }),
    file: file.optional().meta({
      description: "Where the log goes; opened again on SIGHUP.",
      fallback: "standard error",
    }),
  })
  .prefault({})
  .meta({ description: "What the server says." });

/** The configuration of `causeway serve`. What each key means is said here once: docs/configuration.md is made from it. */
export const serveSchema = z.strictObject({
  listen: grpcAddress.default("127.0.0.1:8980").meta({
    description:
      "Where gRPC is served. `unix:/PATH` is a unix socket that only the user who runs the server (and root) can reach.",
    unit: "HOST:PORT or unix:/PATH",
  }),
  http: z
    .string("must be HOST:PORT, such as 127.0.0.1:8981, or none")
    .refine(
      (text) => text === "none" || hostOf(text) !== undefined,
      "must be HOST:PORT, such as 127.0.0.1:8981, or none",
    )
    .default("127.0.0.1:8981")
    .meta({
      description:
        "Where HTTP is served (the Nix binary cache, Bazel's HTTP cache, `/healthz`, `/status`, `/metrics`); `none` for nowhere.",
      unit: "HOST:PORT",
    }),
  state: file.optional().meta({
    description: "The state directory.",
    fallback: "`$XDG_STATE_HOME/causeway`, or `/var/lib/causeway` for root",
  }),
  instanceNames: z
    .array(instanceName, "must be a list of instance names")
    .default([])
    .meta({ description: "Instance names that are served; empty: all." }),
  allowPublicWithoutCredentials: flag.default(false).meta({
    description: "Serve everybody who can reach an address that is not a loopback one, without any credential.",
  }),
  drainSeconds: count(0).default(30).meta({
    description: "How long calls in flight may go on after SIGTERM; a second signal ends them at once.",
    unit: "seconds",
  }),
  readyFile: file.optional().meta({
    description:
      "Written when everything is served, as JSON with the addresses and the process id; removed at the end.",
  }),
  store,
  limits,
  execution,
  assets,
  nix,
  clusters: clustersSchema,
  binaryCache,
  tls,
  credentials: credentialsSchema,
  rules: rulesSchema,
  anonymousRights: anonymousRightsSchema,
  log,
  metrics: z
    .strictObject({
      enabled: flag.default(true).meta({ description: "Whether calls are counted and `/metrics` is served." }),
    })
    .prefault({})
    .meta({ description: "What monitoring can ask." }),
});

/** The configuration, checked and with its defaults. */
export type ServeConfig = z.output<typeof serveSchema>;
