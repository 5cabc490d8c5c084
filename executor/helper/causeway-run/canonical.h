/* Makes of a worker's copies of inputs what Nix's builders find. */
#pragma once

/* Who owns inputs where we may give them away: nobody that a builder could become. */
enum { NOBODY = 65534 };

/*
 * Everything in a store directory gets the modes and times of a Nix store, and no two files of it are one, nor one with files that others use:
 * workers link equal files, and `cp -a` keeps such links, so that a builder that changes one of its copies would change others. What the worker
 * does not let us change stays as it is. Source: Nix, canonicalisePathMetaData.
 *
 * @returns whether all inputs are owned by nobody now.
 */
int make_canonical(const char *store_directory);
