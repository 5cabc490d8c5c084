import { describe, expect, it } from "vitest";
import { netrcLogin } from "#src/nix/http/netrc.js";

describe("a netrc file", () => {
  const netrc = `# machine comment.org login x password y
machine a.org login alice password wonder
machine b.org
  login bob
  account z
  password builder
default login anon password mail
`;
  it.each([
    ["a.org", { login: "alice", password: "wonder" }],
    ["b.org", { login: "bob", password: "builder" }],
    ["c.org", { login: "anon", password: "mail" }],
  ])("says who to be at %s", (host, login) => {
    expect(netrcLogin(netrc, host)).toEqual(login);
  });

  it("says nothing of other hosts without a default", () => {
    expect(netrcLogin("machine a.org login x password y", "b.org")).toBeUndefined();
    expect(netrcLogin("", "b.org")).toBeUndefined();
  });
});
