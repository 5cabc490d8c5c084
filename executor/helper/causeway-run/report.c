#define _GNU_SOURCE
#include "report.h"
#include "archive.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void print_hex(FILE *report, const char *text) {
  for (; *text != '\0'; text++) fprintf(report, "%02x", (unsigned char)*text);
}

/* Moves an output to where the cluster does not look. Beside it: to another place it might not be moved. */
static int set_aside(const char *output, size_t number) {
  char name[4200];
  const char *slash = strrchr(output, '/');
  snprintf(name, sizeof name, "%.*s/.causeway-packed-%zu", slash == NULL ? 0 : (int)(slash - output), output, number);
  return rename(output, name);
}

/* Puts an output's archive into `out`, and the output aside. -1 with `errno`. */
static int pack(struct archive *a, const char *output, const char *out, size_t number) {
  char name[4200];
  snprintf(name, sizeof name, "%s/%zu", out, number);
  int file = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (file < 0) return -1;
  make_archive(a, output, file);
  if (close(file) < 0 && a->reason == 0) a->reason = errno;
  if (a->reason != 0 || a->is_unsupported) return 0;
  return set_aside(output, number);
}

int report_output(FILE *report, const char *output, const char *out, size_t number, int always_packs) {
  struct stat found;
  if (lstat(output, &found) < 0) {
    fprintf(report, "output %zu absent\n", number);
    return -1;
  }
  if (!S_ISLNK(found.st_mode) && (found.st_mode & (S_IWGRP | S_IWOTH)) != 0) fprintf(report, "suspicious %zu\n", number);
  static struct archive a;
  make_archive(&a, output, -1);
  int is_packed = a.reason == 0 && !a.is_unsupported && (a.is_awkward || always_packs);
  if (is_packed && pack(&a, output, out, number) < 0) a.reason = errno;
  if (a.reason != 0 || a.is_unsupported) {
    if (a.reason != 0) fprintf(report, "output %zu failed %d ", number, a.reason);
    else fprintf(report, "output %zu unsupported ", number);
    print_hex(report, a.path);
    fputc('\n', report);
    /* Some clusters fail on it in words of their own. */
    set_aside(output, number);
    return -1;
  }
  char hex[65];
  sha256_hex(&a.sha, hex);
  fprintf(report, "output %zu %s %s %llu\n", number, is_packed ? "packed" : "whole", hex, (unsigned long long)a.size);
  return 0;
}
