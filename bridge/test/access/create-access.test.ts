import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import {
  createAccess,
  demand,
  hashPassword,
  verifyPassword,
  type AccessOptions,
  type Right,
} from "#src/access/index.js";
import { Code } from "#src/status/index.js";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;
const none: AccessOptions = {
  tokens: [],
  users: [],
  certificates: [],
  checksCertificates: false,
  rules: [],
  anonymousRights: [],
};

let passwordHash: string;
beforeAll(async () => {
  passwordHash = await hashPassword("päss:word", Buffer.alloc(16, 7));
});

describe("who may do what", () => {
  const options = (): AccessOptions => ({
    ...none,
    tokens: [
      { name: "ci", sha256: sha256("t0k3n") },
      { name: "dev", sha256: sha256("other") },
    ],
    users: [{ name: "ann", passwordHash }],
    certificates: [{ name: "worker", commonName: "worker.example" }],
    checksCertificates: true,
    rules: [
      { instance: "", rights: ["read"] },
      { instance: "team", callers: ["ci", "ann"], rights: ["write", "execute"] },
      { instance: "team/deep", callers: ["worker"], rights: ["execute"] },
      { instance: "", callers: ["ann"], rights: ["admin"] },
    ],
    anonymousRights: ["read"],
  });

  const everybody: Readonly<Record<string, [presented: object, instance: string, rights: Right[]]>> = {
    "nobody known": [{}, "team", ["read"]],
    "a token": [{ authorization: "Bearer t0k3n" }, "team", ["read", "write", "execute"]],
    "a token below its instance": [{ authorization: "bearer t0k3n" }, "team/x/y", ["read", "write", "execute"]],
    "a token beside its instance": [{ authorization: "Bearer t0k3n" }, "teammates", ["read"]],
    "a token of another": [{ authorization: "Bearer other" }, "team", ["read"]],
    "a user": [{ authorization: basic("ann:päss:word") }, "team", ["read", "write", "execute", "admin"]],
    "a certificate": [{ commonName: "worker.example" }, "team/deep", ["read", "execute"]],
    "a certificate elsewhere": [{ commonName: "worker.example" }, "team", ["read"]],
    "an unnamed certificate": [{ commonName: "else" }, "team", ["read"]],
    "a token over a certificate": [
      { authorization: "Bearer t0k3n", commonName: "worker.example" },
      "team",
      ["read", "write", "execute"],
    ],
  };
  it.each(Object.entries(everybody))("%s", async (_, [presented, instance, rights]) => {
    const caller = await createAccess(options())(presented);
    const all: Right[] = ["read", "write", "execute", "admin"];
    expect(all.filter((right) => caller.allows(right, instance))).toEqual(rights);
  });

  it.each([
    ["an unknown token", "Bearer nope"],
    ["a wrong password", basic("ann:password")],
    ["an unknown user", basic("bob:päss:word")],
    ["no user at all", basic("päss")],
    ["another scheme", "Digest x"],
    ["garbage", "Bearer"],
    ["nothing", ""],
  ])("is refused, not taken for nobody: %s", async (_, authorization) => {
    const access = createAccess(options());
    await expect((async () => access({ authorization, commonName: "worker.example" }))()).rejects.toMatchObject({
      code: Code.Unauthenticated,
    });
  });

  it("remembers a password that was right", async () => {
    const access = createAccess(options());
    const first = access({ authorization: basic("ann:päss:word") });
    expect(first).toBeInstanceOf(Promise);
    await first;
    expect(access({ authorization: basic("ann:päss:word") })).not.toBeInstanceOf(Promise);
  });

  it("is everything for everybody where there are no credentials", async () => {
    const caller = await createAccess(none)({ authorization: "Bearer whatever" });
    expect(caller.allows("admin", "x")).toBe(true);
  });

  it("is demanded: with a hint to whoever showed nothing", async () => {
    const access = createAccess(options());
    const [nobody, dev] = [await access({}), await access({ authorization: "Bearer other" })];
    demand(nobody, "read", "");
    demand(dev, ["write", "read"], "");
    expect(() => demand(nobody, "write", "team")).toThrow(expect.objectContaining({ code: Code.Unauthenticated }));
    expect(() => demand(dev, ["write", "execute"], "team")).toThrow(
      expect.objectContaining({
        code: Code.PermissionDenied,
        message: "'dev' does not have the right to write or execute on instance 'team'",
      }),
    );
  });
});

describe("a password hash", () => {
  it("holds for that password alone", async () => {
    expect(passwordHash).toMatch(/^scrypt:15:8:1:BwcHBwcHBwcHBwcHBwcHBw==:[\w+/]{43}=$/);
    expect(await verifyPassword("päss:word", passwordHash)).toBe(true);
    expect(await verifyPassword("päss:worD", passwordHash)).toBe(false);
  });

  it.each(["", "plain", "scrypt:15:8:1:BwcH", "scrypt:30:8:1:BwcHBwcHBwcHBwcHBwcHBw==:AAAA"])(
    "is refused when it is none: %s",
    async (text) => {
      await expect(verifyPassword("x", text)).rejects.toMatchObject({ code: Code.InvalidArgument });
    },
  );
});
