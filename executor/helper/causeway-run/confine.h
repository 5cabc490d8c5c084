/* What a builder may not do, and what it is given, whatever its root is. */
#pragma once

/* For the process that is to become the builder. Source: Nix, src/libstore/unix/build/linux-derivation-builder.cc. */
void confine(void);
