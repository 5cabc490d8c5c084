import { z } from "zod";
import { instanceName } from "./values.js";

const name = z
  .string("must be a name")
  .regex(/^[\w.@+-]{1,128}$/, "must be a name of at most 128 letters, digits and . _ @ + -");

/** A bearer token is random, so that a plain hash of it is enough. */
const token = z.strictObject({
  name,
  sha256: z
    .string("must be the SHA-256 of the token in hex")
    .regex(/^[0-9a-f]{64}$/, "must be the SHA-256 of the token: 64 lower-case hex digits"),
});

const user = z.strictObject({
  name,
  passwordHash: z
    .string("must be what 'causeway serve --hash-password' prints")
    .regex(
      /^scrypt:\d{1,2}:\d{1,2}:\d{1,2}:[\w+/=-]{16,128}:[\w+/=-]{32,128}$/,
      "must be what 'causeway serve --hash-password' prints",
    ),
});

/** One who presents a certificate that the client CA has signed. */
const certificate = z.strictObject({
  name,
  commonName: z.string("must be the common name of the certificate's subject").min(1).max(256),
});

const right = z.enum(["read", "write", "execute", "admin"]);

const rule = z.strictObject({
  callers: z.array(name, "must be a list of names").optional(),
  instance: instanceName.default(""),
  rights: z.array(right, "must be a list of rights"),
});

/** Who may call. */
export const credentialsSchema = z
  .strictObject({
    tokens: z.array(token, "must be a list of tokens").default([]).meta({
      description: "Bearer tokens: `name`, and `sha256` of the token in hex (`printf %s TOKEN | sha256sum`).",
    }),
    users: z.array(user, "must be a list of users").default([]).meta({
      description:
        "Users of basic authentication: `name`, and `passwordHash` as `causeway serve --hash-password` prints it.",
    }),
    certificates: z.array(certificate, "must be a list of certificates").default([]).meta({
      description:
        "Clients with a certificate signed by `tls.clientCaFile`: `name`, and `commonName` of its subject. Certificates that are not named here are authenticated under their common name.",
    }),
  })
  .prefault({})
  .meta({
    description:
      "Who may call. Without any credential everybody may do everything; with one, nobody may do what `rules` do not say.",
  });

/** What callers may do. */
export const rulesSchema = z.array(rule, "must be a list of rules").default([]).meta({
  description:
    "What callers may do: `instance` (that name and those below it; all if empty or left out), `callers` (names of credentials; everybody with one if left out) and `rights` (`read`, `write`, `execute`, `admin`). Rights of all rules that apply add up.",
});

/** What those may do who present no credential. */
export const anonymousRightsSchema = z.array(right, "must be a list of rights").default([]).meta({
  description: "Rights on all instances of those who present no credential, where there are `credentials`.",
});
