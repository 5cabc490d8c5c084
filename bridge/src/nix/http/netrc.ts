/** Who to be at a host. */
export interface NetrcLogin {
  readonly login: string;
  readonly password: string;
}

/**
 * The login for a host in a netrc file: that of its `machine`, or of `default`.
 *
 * Source: curl, lib/netrc.c; macros are not supported.
 */
export function netrcLogin(netrc: string, host: string): NetrcLogin | undefined {
  const tokens = netrc
    .split("\n")
    .flatMap((line) => line.replace(/^\s*#.*/, "").split(/\s+/))
    .filter((token) => token !== "");
  let matches = false;
  let found: { login?: string; password?: string } = {};
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token === "machine" || token === "default") {
      if (matches && found.login !== undefined) break;
      matches = token === "default" || tokens[++i] === host;
      found = {};
    } else if (token === "login" || token === "password" || token === "account") {
      const value = tokens[++i];
      if (matches && value !== undefined && token !== "account") found[token] = value;
    }
  }
  return matches && found.login !== undefined ? { login: found.login, password: found.password ?? "" } : undefined;
}
