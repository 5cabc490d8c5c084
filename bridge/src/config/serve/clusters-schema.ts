import { z } from "zod";
import { count } from "./values.js";

const file = z.string("must be the name of a file").min(1, "must be the name of a file");
const texts = (what: string): z.ZodRecord<z.ZodString, z.ZodString> =>
  z.record(z.string(), z.string(`must be ${what}`), `must be names with ${what}`);

/** Something that is asked for by name, and the platform properties that mean it on this cluster. */
const named = z.preprocess(
  (value) => (Array.isArray(value) ? Object.fromEntries(value.map((name) => [String(name), {}])) : value),
  z.record(
    z.string(),
    z.preprocess((value) => value ?? {}, texts("values of platform properties")),
    "must be a list of names, or names with their platform properties",
  ),
);

/** A cluster where builds run. */
const cluster = z.strictObject({
  address: z
    .string("must be grpc(s)://HOST:PORT[/INSTANCE]")
    .regex(/^grpcs?:\/\/[^/\s]+(\/\S*)?$/, "must be grpc(s)://HOST:PORT[/INSTANCE]"),
  profile: z.string("must be the name of a profile").optional(),
  jobs: count(1).default(64),
  systems: named.optional(),
  features: named.optional(),
  platform: texts("values of platform properties").default({}),
  headers: texts("values of headers").default({}),
  tokenFile: file.optional(),
  caFile: file.optional(),
  certificateFile: file.optional(),
  keyFile: file.optional(),
});

/** Where else builds of Nix run. */
export const clustersSchema = z.array(cluster, "must be a list of clusters").default([]).meta({
  description:
    "Clusters where builds for clients of Nix run: `address` (grpc(s)://HOST:PORT[/INSTANCE]), and what is not as it is by default: `profile` (else found out by probing), `jobs` (derivations at once, 64), `systems` and `features` (a list of names, or names with the platform properties that mean them there in place of the profile's; by default the server's own), `platform` (properties of every action), `headers`, `tokenFile` (a bearer token), `caFile`, `certificateFile`, `keyFile`.",
});

/** One of them. */
export type ClusterConfig = z.output<typeof cluster>;
