import { createHash, timingSafeEqual } from "node:crypto";
import { Code, StatusError } from "../status/index.js";
import { anyone, type Caller, type Right } from "./caller.js";
import { verifyPassword } from "./password.js";

/** Who may do what on which instances. Rights of all rules that apply add up. */
export interface AccessRule {
  /** Names of callers; absent: everybody who showed a credential. */
  readonly callers?: readonly string[];
  /** This instance and those below it, by whole segments; empty: all. */
  readonly instance: string;
  readonly rights: readonly Right[];
}

/** What {@link createAccess} decides by. */
export interface AccessOptions {
  /** SHA-256 of each bearer token, in hex: tokens are random, so that a plain hash is enough. */
  readonly tokens: readonly { readonly name: string; readonly sha256: string }[];
  /** Passwords as `hashPassword` writes them. */
  readonly users: readonly { readonly name: string; readonly passwordHash: string }[];
  /** Clients with a certificate, by its common name. Others with a certificate go by their common name itself. */
  readonly certificates: readonly { readonly name: string; readonly commonName: string }[];
  /** Whether certificates of clients are asked for and checked. */
  readonly checksCertificates: boolean;
  readonly rules: readonly AccessRule[];
  /** Of those who show no credential, on all instances. */
  readonly anonymousRights: readonly Right[];
}

/** What a client showed of itself. */
export interface Presented {
  /** The `Authorization` header. */
  readonly authorization?: string;
  /** Of a certificate that an authority of ours has signed. */
  readonly commonName?: string;
}

/**
 * Says who a client is.
 *
 * @throws StatusError Unauthenticated for a credential that is wrong: it is never taken for none.
 */
export type Access = (presented: Presented) => Caller | Promise<Caller>;

/** How many credentials are remembered as right: scrypt takes far longer than a call. */
const REMEMBERED_MAX = 1000;
/** How many passwords are checked at once: each takes 32 MiB. More wait, so that guessing is slow whoever guesses. */
const CHECKS_MAX = 2;

/** Without any credential in the options everybody may do everything. */
export function createAccess(options: AccessOptions): Access {
  const { tokens, users, certificates, rules, anonymousRights } = options;
  if (tokens.length + users.length + certificates.length === 0 && !options.checksCertificates) return () => anyone;
  const anonymous: Caller = {
    name: "anonymous",
    anonymous: true,
    allows: (right) => anonymousRights.includes(right),
  };
  const byCommonName = new Map(certificates.map(({ commonName, name }) => [commonName, name]));
  const callers = new Map<string, Caller>();
  /** By the hash of the header, so that no secret stays in memory for longer than its call. */
  const remembered = new Map<string, Caller>();
  const turns = createTurns(CHECKS_MAX);

  function callerNamed(name: string): Caller {
    let caller = callers.get(name);
    if (caller === undefined) {
      const own = rules.filter((rule) => rule.callers === undefined || rule.callers.includes(name));
      caller = {
        name,
        anonymous: false,
        allows: (right, instanceName) =>
          own.some((rule) => rule.rights.includes(right) && covers(rule.instance, instanceName)),
      };
      callers.set(name, caller);
    }
    return caller;
  }

  function remember(key: string, caller: Caller): Caller {
    if (remembered.size >= REMEMBERED_MAX) remembered.delete(remembered.keys().next().value!);
    remembered.set(key, caller);
    return caller;
  }

  function byToken(token: string): Caller {
    const hash = createHash("sha256").update(token).digest();
    const found = tokens.filter(({ sha256 }) => timingSafeEqual(Buffer.from(sha256, "hex"), hash))[0];
    if (found === undefined) throw refused("the bearer token is not known");
    return callerNamed(found.name);
  }

  async function byPassword(encoded: string, key: string): Promise<Caller> {
    const text = Buffer.from(encoded, "base64").toString("utf8");
    const end = text.indexOf(":");
    const name = text.slice(0, Math.max(end, 0));
    const user = users.find((each) => each.name === name);
    if (user === undefined || !(await turns(() => verifyPassword(text.slice(end + 1), user.passwordHash))))
      throw refused("the user or the password is wrong");
    return remember(key, callerNamed(name));
  }

  return ({ authorization, commonName }) => {
    if (authorization !== undefined) {
      const [, scheme, value] = /^(\w+) +(\S+)$/.exec(authorization) ?? [];
      switch (scheme?.toLowerCase()) {
        case "bearer":
          return byToken(value!);
        case "basic": {
          const key = createHash("sha256").update(authorization).digest("hex");
          return remembered.get(key) ?? byPassword(value!, key);
        }
        default:
          throw refused("the authorization header is neither 'Bearer TOKEN' nor 'Basic …'");
      }
    }
    if (commonName !== undefined) return callerNamed(byCommonName.get(commonName) ?? commonName);
    return anonymous;
  };
}

function covers(rule: string, instanceName: string): boolean {
  return rule === "" || instanceName === rule || instanceName.startsWith(`${rule}/`);
}

function refused(message: string): StatusError {
  return new StatusError(Code.Unauthenticated, message);
}

/** Lets so many run at once. */
function createTurns(max: number): <T>(task: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (running >= max) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
