import { because, type Exceptions } from "./parity-suite.ts";

/*
 * What of the corpus kinds of clusters cannot host. Each must end otherwise there than with Nix, or it is no exception any more. docs/clusters.md says
 * the same in fewer words.
 */

/** Causeway's own server. */
export const serveExceptions: Exceptions = {};

/** BuildBox with bubblewrap. Seen to end otherwise; which of it could be mended was not looked into case by case. */
export const buildboxExceptions: Exceptions = because(
  "its sandbox has a first process, devices and owners of its own",
  `account-files build-directory-modes capability-bounding-set change-inputs derivation-name-odd device-directories device-listing environment-odd-names environment-odd-values export-references extended-attributes file-system-of-build fixed-sees-network-files hard-link-to-input host-name input-owner-is-not-the-builder kernel-settings-attempt kill-everything-attempt kill-itself pass-as-file process-group process-one pseudo-terminals remove-inputs remove-whole-inputs root-listing store-directory-mode structured-environment terminal-modes write-elsewhere write-etc write-shell write-to-inputs`,
);

/** Buildbarn with plain runners that run as root; others cannot give inputs away, and builders own them. */
export const plainExceptions: Exceptions = because(
  "the root is a read-only mount: the kernel says so in other words",
  `build-directory-modes kernel-settings-attempt remove-whole-inputs write-elsewhere write-etc write-shell`,
);

/** Buildbarn with `chrootIntoInputRoot`. */
export const chrootExceptions: Exceptions = {
  ...because(
    "/proc is empty: the corpus' shell finds its tools through it, and some cases read it",
    `account-files address-randomisation capability-bounding-set dependent-of-second-output-only dependent-of-two-outputs derivation-as-input derivation-name-odd device-directories device-listing device-node-attempt environment-huge-value environment-odd-names environment-odd-values export-references export-references-of-a-derivation fixed-dependent fixed-sees-loopback fixed-sees-network-files fixed-twice floating-chain floating-deferred-consumer floating-deferred-twice floating-input-addressed-input floating-outputs-of-chain floating-structured host-name identity identity-maps input-links input-that-is-a-symlink kernel-settings-attempt killed-child log-very-long-line loopback loopback-ping many-inputs network-attempt network-interfaces not-deterministic not-silent-enough output-checks output-checks-closure-size output-checks-references output-checks-requisites output-checks-size output-checks-top-level-ignored pass-as-file pass-as-file-latin-1 pass-as-file-with-placeholder personality process-group process-one process-status pseudo-terminals reference-that-is-compressed shared-memory sockets-and-fifos-while-building source-file source-to-file standard-input structured-environment structured-export-references structured-inputs structured-odd-keys structured-pass-as-file structured-two-outputs structured-values symlink-target-longest symlink-targets-odd timed-out timed-out-in-silence unpack-channel working-directory write-temporary write-to-store`,
  ),
  ...because(
    "builders run as the worker's user, can write everywhere, and see the worker's modes and times",
    `build-directory-modes change-inputs hard-link-to-input input-is-not-writable input-modes-and-times input-owner-is-not-the-builder remove-inputs remove-whole-inputs root-listing store-directory-mode write-elsewhere write-etc write-shell write-to-inputs`,
  ),
  ...because("there are no namespaces", `file-system-of-build kill-everything-attempt kill-itself`),
  ...because(
    "there is no terminal",
    `standard-output-is-a-terminal standard-streams-that-are-terminals terminal-is-not-controlling terminal-modes`,
  ),
};
