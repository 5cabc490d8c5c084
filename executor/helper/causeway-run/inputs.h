/* What goes with a build beside its input root. */
#pragma once
#include "task.h"

/* Gives symlinks of the inputs their targets back. To build with other ones would be to build something else. */
void restore_links(int is_wrapped);

/* Takes the builder, its arguments and its environment from the file for words that are not UTF-8, if there is one. */
void take_words(struct task *task);

/* Removes from the root what Nix's builders do not have there. Where that is not allowed they see it. */
void set_us_aside(const struct task *task);

/* As `mkdir -p`. -1 with `errno`. */
int make_directories(const char *place);
