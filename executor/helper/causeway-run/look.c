#define _GNU_SOURCE
#include "look.h"
#include "task.h"
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static FILE *seen;

static void __attribute__((format(printf, 1, 2))) say(const char *format, ...) {
  va_list words, again;
  va_start(words, format);
  va_copy(again, words);
  vprintf(format, words);
  if (seen != NULL) vfprintf(seen, format, again);
  va_end(again);
  va_end(words);
}

/* Times as in every store, and files that no other name leads to. */
static void look_at_inputs(const char *inputs) {
  char place[4096];
  struct stat folder, file;
  snprintf(place, sizeof place, "%s/look", inputs);
  if (stat(inputs, &folder) < 0 || stat(place, &file) < 0) return;
  say("store %d\n", access(inputs, W_OK) == 0);
  say("times %d\n", folder.st_mtime == 1 && file.st_mtime == 1);
  say("links %d\n", file.st_nlink > 1);
}

int look(const char *name) {
  static const char *const devices[] = {"null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "shm", "fd", "stdin", "stdout", "stderr"};
  const char *out = getenv("out"), *inputs = getenv("inputs");
  char host[256] = "";
  seen = out == NULL ? NULL : fopen(out, "wx");
  say("causeway-look " VERSION "\n");
  say("argv0 %s\n", name);
  say("terminal %d\n", isatty(1));
  say("uid %u\n", (unsigned)geteuid());
  say("gid %u\n", (unsigned)getegid());
  say("proc %d\n", access("/proc/self/status", R_OK) == 0);
  say("tmp %d\n", access("/tmp", W_OK) == 0);
  if (inputs != NULL) look_at_inputs(inputs);
  if (gethostname(host, sizeof host - 1) == 0) say("host %s\n", host);
  for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
    char place[64];
    struct stat found;
    snprintf(place, sizeof place, "/dev/%s", devices[i]);
    if (lstat(place, &found) == 0) say("device %s\n", devices[i]);
  }
  struct if_nameindex *interfaces = if_nameindex();
  for (size_t i = 0; interfaces != NULL && interfaces[i].if_index != 0; i++)
    if (strcmp(interfaces[i].if_name, "lo") != 0) say("interface %s\n", interfaces[i].if_name);
  say("end\n");
  return seen != NULL && fclose(seen) != 0 ? 1 : 0;
}

