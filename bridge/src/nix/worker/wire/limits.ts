/*
 * Bounds of what a client may send. A client is not trusted with our memory, whoever it is: a broken one must not end those of others.
 */

/** PATH_MAX: a longer name cannot be opened. Store paths, names, links and signatures are far below it. */
export const NAME_BYTES_MAX = 4096;
/** A value of a derivation's environment, or a text: the largest `.drv` files of Nixpkgs are below 1 MB. */
export const TEXT_BYTES_MAX = 64 * 1024 * 1024;
/** The derivations of a whole NixOS system are about a hundred thousand. */
export const LIST_ITEMS_MAX = 1_000_000;
/** All of one request that is held in memory (contents are streamed): a million store paths, and room for a large derivation. */
export const REQUEST_BYTES_MAX = 256 * 1024 * 1024;
/** The same of all clients together: one of the largest. What they upload is not held. */
export const ALL_REQUESTS_BYTES_MAX = REQUEST_BYTES_MAX;
/** Requests up to this go on when all hold too much. Most are far below it. */
export const SMALL_REQUEST_BYTES_MAX = 256 * 1024;
/** What a peer may send beyond what has been asked for, while it waits for an answer. */
export const AHEAD_BYTES_MAX = 1024 * 1024;
/** Names of features that a peer can have; each release has added one or two. */
export const FEATURES_MAX = 256;
/** What waits to be sent to a client that does not read. Some logs are long; one that is stuck must not fill our memory. */
export const UNSENT_BYTES_MAX = 64 * 1024 * 1024;
/** The same for all clients together, */
export const ALL_UNSENT_BYTES_MAX = 4 * UNSENT_BYTES_MAX;
/** and what may wait for one whatever the others do: more than a client lags behind that reads. */
export const SMALL_UNSENT_BYTES_MAX = 1024 * 1024;
