import { fileURLToPath } from "node:url";
import { createServerHome, type ServerHome } from "../../serve/start-server.ts";
import { tmpdir } from "node:os";
import type { DebianRoot } from "./debian-root.ts";

const CHECKOUT = fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");

/**
 * A home for servers that run in a Debian root: actions then meet the toolchains that the client in the same root has found.
 * Homes are temporary directories, so the machine's is the one that both see.
 */
export function createServerHomeIn(root: DebianRoot): Promise<ServerHome> {
  return createServerHome((command) => root.command(command, [CHECKOUT, tmpdir()], "/"));
}
