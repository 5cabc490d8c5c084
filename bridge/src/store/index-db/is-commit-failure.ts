/**
 * Whether it is lmdb's rejection of a commit. Its write has reported it: lmdb also rejects promises of its own that nobody can reach, so a
 * program has to let these pass where it hears of unhandled rejections.
 */
export function isCommitFailure(error: unknown): error is Error & { readonly commitError: Promise<unknown> } {
  return error instanceof Error && "commitError" in error;
}
