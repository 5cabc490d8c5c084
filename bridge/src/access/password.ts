import { scrypt, timingSafeEqual } from "node:crypto";
import { Code, StatusError } from "../status/index.js";

/** 32 MiB and about 60 ms for each try: what a stolen configuration costs whoever tries passwords. */
const COST_LOG2 = 15;
const BLOCK_SIZE = 8;
const PARALLELISM = 1;
const HASH_BYTES = 32;
/** More would make a configuration a way to exhaust this machine's memory: 128 * N * r bytes. */
const MEMORY_BYTES_MAX = 256 * 2 ** 20;

/**
 * The hash of a password for the configuration: `scrypt:<log2 N>:<r>:<p>:<salt>:<hash>`, the last two in base64.
 *
 * @param salt - 16 random bytes.
 */
export async function hashPassword(password: string, salt: Uint8Array): Promise<string> {
  const hash = await derive(password, salt, COST_LOG2, BLOCK_SIZE, PARALLELISM);
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
  return ["scrypt", COST_LOG2, BLOCK_SIZE, PARALLELISM, base64(salt), base64(hash)].join(":");
}

/**
 * Whether a password is the one that was hashed, in the same time whatever differs.
 *
 * @throws StatusError InvalidArgument for a text that {@link hashPassword} did not make.
 */
export async function verifyPassword(password: string, text: string): Promise<boolean> {
  const match = /^scrypt:([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2}):([\w+/=-]+):([\w+/=-]+)$/.exec(text);
  if (match === null) throw new StatusError(Code.InvalidArgument, "a password hash is not of the form scrypt:…");
  const [costLog2, blockSize, parallelism] = match.slice(1, 4).map(Number) as [number, number, number];
  if (128 * 2 ** costLog2 * blockSize > MEMORY_BYTES_MAX)
    throw new StatusError(Code.InvalidArgument, "a password hash asks for more memory than 256 MiB");
  const expected = Buffer.from(match[5]!, "base64");
  const found = await derive(password, Buffer.from(match[4]!, "base64"), costLog2, blockSize, parallelism);
  return expected.byteLength === found.byteLength && timingSafeEqual(expected, found);
}

function derive(password: string, salt: Uint8Array, costLog2: number, r: number, p: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { N: 2 ** costLog2, r, p, maxmem: 2 * MEMORY_BYTES_MAX };
    scrypt(password, salt, HASH_BYTES, options, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
}
