/*
 * Goes with an action to a cluster that is not ours: what makes of a worker's sandbox one that Nix builders know, and tells afterwards what
 * the builder really made, for clusters change trees without saying so (targets of symlinks, pipes, names that are not UTF-8).
 *
 *   causeway-run VERSION HOW FORM SILENCE LOG OUT COUNT OUTPUT... [BUILDER ARGUMENT...]
 *
 *     HOW   rooted:  the input root is / already; OUT and each OUTPUT are absolute. We and OUT are not there while the builder runs.
 *           wrapped: the input root is the working directory; the directory `root` in it is to be /, in namespaces of its own with the rest of
 *                    what Nix gives (proc, dev, ids 1000 and 100, loopback only); OUT is relative to the input root, each OUTPUT is absolute.
 *           network: wrapped, with the network of the worker.
 *     FORM  trees:   an output that a cluster may change is put into OUT as an archive (NAR), with its number for a name; all others stay.
 *           archives: all are.
 *     SILENCE  seconds after which a builder that says nothing is ended; LOG bytes after which one is that says too much; 0: no such limit.
 *     OUT   a directory for OUT/report and such archives.
 *
 *     The file links beside OUT, if there is one, holds symlinks of the inputs with their targets, strings that each end with a NUL: clusters
 *     rewrite some, and we put them right. The paths are absolute, as builders see them.
 *     The file words beside OUT, if there is one, holds the builder with its arguments, how many these are in front, and its whole environment
 *     behind, likewise: clusters carry no words that are not UTF-8. Then BUILDER and ARGUMENT are not given.
 *
 *   causeway-run VERSION look
 *
 *     Says what a builder finds, a line for each thing, to its output and into the file that is named by the variable `out`.
 *
 *   env -- COMMAND...
 *
 *     Becomes the command. Runners that change their root look for this program there (Buildbarn's executes /usr/bin/env after chroot), and no
 *     builder is to find it.
 *
 * The builder is called by its base name, writes errors where it writes output, which is a terminal if the worker has one, and may do what it
 * may under Nix (confine.h). We end as it does, except that an output
 * which is absent or cannot be carried makes a failure of a success: clusters keep successes. What really happened is in the report:
 *
 *   causeway-report VERSION
 *   builder (exited CODE | signalled NUMBER | refused ERRNO | silent SECONDS | talkative BYTES)
 *   output NUMBER (absent | whole SHA256 SIZE | packed SHA256 SIZE | unsupported HEX | failed ERRNO HEX)
 *   suspicious NUMBER
 *   end
 *
 * SHA256 and SIZE are those of the output's archive, NUMBER counts from 0, HEX is a path from the output on. There is no report if the builder
 * never came to run; then we exit with 200 if the worker gives no namespaces, else with 201, and the last line of output says why.
 *
 * Build: cc -std=c11 -O2 -static, all files of this folder. Linux only; nothing but libc.
 */
#define _GNU_SOURCE
#include "builder.h"
#include "look.h"
#include "wrapped.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

_Noreturn void give_up(int code, const char *what) {
  dprintf(1, "causeway-run: %s: %s\n", what, strerror(errno));
  _exit(code);
}

int main(int argc, char **argv) {
  const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
  if (slash != NULL && strcmp(slash, "/env") == 0) {
    if (argc < 3 || strcmp(argv[1], "--") != 0) return 127;
    execve(argv[2], argv + 2, environ);
    give_up(127, argv[2]);
  }
  if (argc == 2 && strcmp(argv[1], "version") == 0) {
    puts(VERSION);
    return 0;
  }
  if (argc == 3 && strcmp(argv[1], VERSION) == 0 && strcmp(argv[2], "look") == 0) return look(argv[0]);
  size_t count = argc > 7 ? strtoul(argv[7], NULL, 10) : 0;
  if (argc < 8 || strcmp(argv[1], VERSION) != 0 || count > (size_t)argc - 8) {
    dprintf(1, "causeway-run: called by another version of Causeway\n");
    return BROKEN;
  }
  struct task task = {.is_wrapped = strcmp(argv[2], "rooted") != 0,
                      .has_network = strcmp(argv[2], "network") == 0,
                      .always_packs = strcmp(argv[3], "archives") == 0,
                      .self = argv[0],
                      .silence_s = strtol(argv[4], NULL, 10),
                      .log_bytes = strtol(argv[5], NULL, 10),
                      .out = argv[6],
                      .count = count,
                      .outputs = argv + 8,
                      .builder = argv + 8 + count,
                      .environment = environ};
  return task.is_wrapped ? run_wrapped(&task) : run(&task);
}
