import { describe, expect, it } from "vitest";
import { daemonLocationOf, type DaemonLocation } from "#src/compose/copy/daemon-location.js";

const locate = (text: string): DaemonLocation | undefined => daemonLocationOf(text, "/nix/store", {});

describe("a store behind the worker protocol", () => {
  it.each([
    ["ssh-ng://host", "ssh-ng://host", 1],
    ["ssh-ng://user@host/?max-connections=4&remote-program=x", "ssh-ng://user@host/", 4],
    ["ssh-ng://host?max-connections=1000", "ssh-ng://host", 1],
    ["unix:///run/nix.sock?root=/x", "unix:///run/nix.sock?root=/x", 8],
    ["/nix/store", "/nix/store", expect.any(Number) as number],
    ["daemon", "daemon", expect.any(Number) as number],
    ["/srv/root", "/srv/root", 1],
  ])("is what %s means", (text, uri, connectionsMax) => {
    expect(locate(text)).toMatchObject({ uri, connectionsMax });
  });

  it.each(["", "http://host", "nonsense", "ssh://host"])("is not what %j means", (text) => {
    expect(locate(text)).toBeUndefined();
  });

  it.each(["ssh-ng://", "ssh-ng://-oProxyCommand=x", "ssh-ng://?x"])("is none that could harm: %s", (text) => {
    expect(() => locate(text)).toThrow(/is not of the form/);
  });

  it("says when nobody is there, or the program is missing", async () => {
    await expect(locate("unix:///nonexistent/socket")!.connect()).rejects.toThrow("nobody serves the socket");
  });

  it("is a program that ends when it is closed", async () => {
    const stream = await locate("ssh-ng://localhost?remote-program=cat%20-%20%23")!.connect();
    await stream.write(Buffer.from("text"));
    const pieces = stream.input[Symbol.asyncIterator]();
    expect(Buffer.from((await pieces.next()).value as Uint8Array).toString()).toBe("text");
    await stream.close();
  });
});
