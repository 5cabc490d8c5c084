import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { KEY_SEED_BYTES, makeSecretKeyText, parseSecretKey, SignatureError } from "@causeway/bridge/formats";
import { Code, StatusError } from "@causeway/bridge/status";
import { writeOut } from "../output.js";

/** Where the halves of a new key go. */
export interface GenerateOptions {
  /** Default `NAME.secret`. */
  readonly secretFile?: string;
  /** Default `NAME.public`. */
  readonly publicFile?: string;
}

/** `causeway keys generate`: a new key pair in two files, which must not exist; the public half is printed too. */
export async function keysGenerate(name: string, options: GenerateOptions): Promise<void> {
  if (name.includes("/") && (options.secretFile === undefined || options.publicFile === undefined))
    throw new StatusError(Code.InvalidArgument, `'${name}' names no file: say --secret-file and --public-file`);
  const secret = translated(() => makeSecretKeyText(name, randomBytes(KEY_SEED_BYTES)));
  const publicKey = parseSecretKey(secret).publicKeyText;
  writeNew(options.secretFile ?? `${name}.secret`, secret);
  writeNew(options.publicFile ?? `${name}.public`, publicKey);
  await writeOut(`${publicKey}\n`);
}

/** A key's file in standard input is far below this. */
const KEY_BYTES_MAX = 4096;

/** `causeway keys public`: the public half of the secret key in standard input, as `nix key convert-secret-to-public` prints it. */
export async function keysPublic(): Promise<void> {
  let text = "";
  for await (const piece of process.stdin as AsyncIterable<Buffer>) {
    text += piece.toString("latin1");
    if (text.length > KEY_BYTES_MAX) throw new StatusError(Code.InvalidArgument, "standard input is no secret key");
  }
  await writeOut(`${translated(() => parseSecretKey(text)).publicKeyText}\n`);
}

/** Nobody else may read it, and a key that is in use is never overwritten. */
function writeNew(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600, flag: "wx" });
  } catch (cause) {
    throw StatusError.wrap(cause, `writing the key ${file}`);
  }
}

function translated<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    if (cause instanceof SignatureError) throw new StatusError(Code.InvalidArgument, cause.message, { cause });
    throw cause;
  }
}
