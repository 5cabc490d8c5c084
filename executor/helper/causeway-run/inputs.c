#define _GNU_SOURCE
#include "inputs.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const LINKS[2] = {"/.causeway/links", "links"};
static const char *const WORDS[2] = {"/.causeway/words", "words"};

/* A whole file with a NUL behind it, and its size. NULL if there is none. */
static char *read_whole(const char *place, size_t *size) {
  int file = open(place, O_RDONLY | O_CLOEXEC);
  struct stat found;
  if (file < 0 && errno == ENOENT) return NULL;
  if (file < 0 || fstat(file, &found) < 0) give_up(BROKEN, place);
  char *bytes = malloc((size_t)found.st_size + 1);
  if (bytes == NULL) give_up(BROKEN, "memory");
  *size = 0;
  for (ssize_t more = 1; *size < (size_t)found.st_size && more > 0; *size += (size_t)more)
    if ((more = read(file, bytes + *size, (size_t)found.st_size - *size)) < 0) give_up(BROKEN, place);
  close(file);
  bytes[*size] = '\0';
  return bytes;
}

void restore_links(int is_wrapped) {
  size_t size = 0;
  char *bytes = read_whole(LINKS[is_wrapped], &size);
  if (bytes == NULL) return;
  for (char *path = bytes; path < bytes + size;) {
    char *target = path + strlen(path) + 1;
    if (target >= bytes + size) break;
    char place[PATH_MAX], now[PATH_MAX];
    snprintf(place, sizeof place, "%s%s", is_wrapped ? "root" : "", path);
    ssize_t length = readlink(place, now, sizeof now - 1);
    now[length < 0 ? 0 : length] = '\0';
    if (length < 0 || strcmp(now, target) != 0)
      if (unlink(place) < 0 || symlink(target, place) < 0) give_up(BROKEN, "the target of an input's symlink was changed, and cannot be put right");
    path = target + strlen(target) + 1;
  }
  free(bytes);
}

void take_words(struct task *task) {
  size_t size = 0, count = 0, at = 0;
  char *bytes = read_whole(WORDS[task->is_wrapped], &size);
  if (bytes == NULL) return;
  for (size_t i = 0; i < size; i++) count += bytes[i] == '\0';
  char **words = calloc(count + 2, sizeof *words);
  if (words == NULL) give_up(BROKEN, "memory");
  size_t builder = strtoul(bytes, NULL, 10);
  if (builder == 0 || builder >= count) give_up(BROKEN, WORDS[task->is_wrapped]);
  task->builder = words;
  task->environment = words + builder + 1;
  /* The first word is the number of those before the environment, and a NULL ends each of both lists. */
  for (char *word = bytes + strlen(bytes) + 1; word < bytes + size; word += strlen(word) + 1) {
    if (at == builder) at++;
    words[at++] = word;
  }
}

/* A directory, and those above it that have become empty with it. */
static void remove_directories(const char *place) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s", place);
  while (rmdir(path) == 0) {
    char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path) return;
    *slash = '\0';
  }
}

void set_us_aside(const struct task *task) {
  if (unlink("/usr/bin/env") == 0) remove_directories("/usr/bin");
  unlink(LINKS[0]);
  unlink(WORDS[0]);
  if (unlink(task->self) == 0) remove_directories(task->out);
}

int make_directories(const char *place) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s", place);
  for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    if (mkdir(path, 0755) < 0 && errno != EEXIST) return -1;
    *slash = '/';
  }
  return mkdir(path, 0755) < 0 && errno != EEXIST ? -1 : 0;
}
