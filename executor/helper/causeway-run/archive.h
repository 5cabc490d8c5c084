/* Archives (NAR) of outputs. Source: Nix, the format of archives. */
#pragma once
#include "sha256.h"

/* Deeper trees have longer paths than programs can use. */
enum { DEPTH_MAX = 800 };

/* One output on its way into an archive. */
struct archive {
  struct sha256 sha;
  uint64_t size;
  /* Where it is written, or -1 if it is only to be measured. */
  int file;
  /* Something in it that a cluster may change: it has to travel as an archive. */
  int is_awkward;
  /* The first file that is neither regular, directory nor symlink; or, if `reason` is not 0, that could not be read. */
  int is_unsupported, reason;
  char path[8192];
  size_t path_size;
};

/* Makes the archive of what is at a place. What went wrong is in `is_unsupported` and `reason`. */
void make_archive(struct archive *a, const char *place, int file);
