import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { VALUES, type Session } from "../cli/session.ts";

/** Makes a key with real Nix. */
export async function makeKey(session: Session, name: string): Promise<{ secretFile: string; publicKey: string }> {
  const secretFile = join(session.home, `${name}.secret`);
  const publicFile = join(session.home, `${name}.public`);
  await session.nixOutput("nix-store", "--generate-binary-cache-key", name, secretFile, publicFile);
  return { secretFile, publicKey: await readFile(publicFile, "utf8") };
}

/** Builds attributes of `values.nix` in Nix's own store. @returns their output paths. */
export async function buildWithNix(session: Session, ...attributes: readonly string[]): Promise<string[]> {
  const words = attributes.flatMap((name) => ["-A", name]);
  return (await session.nixOutput("nix-build", VALUES, "--no-out-link", ...words)).split("\n");
}

/** Copies paths of Nix's own store into a new cache, signed unless there is no key. */
export async function copyToCache(
  session: Session,
  directory: string,
  paths: readonly string[],
  options: { readonly compression?: string; readonly secretFile?: string } = {},
): Promise<void> {
  const parameters = new URLSearchParams({ compression: options.compression ?? "xz" });
  if (options.secretFile !== undefined) parameters.set("secret-key", options.secretFile);
  await session.nixOutput("nix", "copy", "--to", `file://${directory}?${parameters.toString()}`, ...paths);
}
