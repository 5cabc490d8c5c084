import fs from "node:fs";
import { join } from "node:path";
import { Code, StatusError } from "../../status/index.js";

/** Both meta pages lie in this, at the smallest and the usual page size. */
const PAGE_BYTES = 4096;
const MAGIC = 0xbeefc0de;
/** Offsets in a meta page, behind the 24 bytes of a page's header. Source: lmdb, mdb.c (`MDB_meta`). */
const MAGIC_OFFSET = 24;
const PAGE_SIZE_OFFSET = 48;
/** Of the trees of free pages and of tables. Pages behind these may never have been written, so the last page's number says less. */
const ROOT_OFFSETS = [88, 136];
/** The root of an empty tree. */
const NO_PAGE = 2n ** 64n - 1n;
const TRANSACTION_OFFSET = 152;

/**
 * Looks whether a file can be an lmdb environment at all: it is mapped into memory, and where it is cut off or overwritten the process would
 * die of a signal instead of saying so. Nothing happens if there is no file yet.
 *
 * @throws StatusError DataLoss, saying what is wrong with the file.
 */
export function checkHead(directory: string): void {
  const path = join(directory, "data.mdb");
  let fd: number;
  try {
    fd = fs.openSync(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw StatusError.wrap(error, "cannot read the index");
  }
  try {
    const { size } = fs.fstatSync(fd);
    if (size === 0) return; // Made, and its maker killed before the first page was written.
    const head = Buffer.alloc(2 * PAGE_BYTES);
    if (fs.readSync(fd, head, 0, head.byteLength, 0) < head.byteLength)
      throw damaged(path, `it has only ${size} bytes`);
    const metas = [head.subarray(0, PAGE_BYTES), head.subarray(PAGE_BYTES)];
    // The environment of a machine with larger pages has its second meta page elsewhere.
    const usual = metas[0]!.readUInt32LE(PAGE_SIZE_OFFSET) <= PAGE_BYTES;
    const checked = usual ? metas : metas.slice(0, 1);
    if (checked.some((meta) => meta.readUInt32LE(MAGIC_OFFSET) !== MAGIC))
      throw damaged(path, "it does not begin as an index does");
    const [newest] = checked.sort((a, b) =>
      Number(b.readBigUInt64LE(TRANSACTION_OFFSET) - a.readBigUInt64LE(TRANSACTION_OFFSET)),
    );
    const pageBytes = BigInt(newest!.readUInt32LE(PAGE_SIZE_OFFSET));
    const roots = ROOT_OFFSETS.map((offset) => newest!.readBigUInt64LE(offset)).filter((page) => page !== NO_PAGE);
    if (roots.some((page) => BigInt(size) < (page + 1n) * pageBytes))
      throw damaged(path, `it has only ${size} bytes, and needs more`);
  } finally {
    fs.closeSync(fd);
  }
}

function damaged(path: string, what: string): StatusError {
  return new StatusError(
    Code.DataLoss,
    `${path} is damaged: ${what}; restore the state directory from a copy, or move it away and begin a new one`,
  );
}
