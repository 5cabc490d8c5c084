#define _GNU_SOURCE
#include "archive.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int put(struct archive *a, const void *bytes, size_t size) {
  sha256_add(&a->sha, bytes, size);
  a->size += size;
  const char *at = bytes;
  while (a->file >= 0 && size > 0) {
    ssize_t written = write(a->file, at, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return -1;
    at += written;
    size -= (size_t)written;
  }
  return 0;
}

static int put_size(struct archive *a, uint64_t size) {
  unsigned char bytes[8];
  for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)(size >> (8 * i));
  return put(a, bytes, sizeof bytes);
}

static int pad(struct archive *a, uint64_t size) {
  static const char zeros[8];
  return put(a, zeros, (size_t)((8 - size % 8) % 8));
}

static int put_bytes(struct archive *a, const char *bytes, size_t size) {
  return put_size(a, size) < 0 || put(a, bytes, size) < 0 || pad(a, size) < 0 ? -1 : 0;
}

static int put_text(struct archive *a, const char *text) { return put_bytes(a, text, strlen(text)); }

/* Whether a name or target is UTF-8, as the strings of REAPI must be. Source: RFC 3629. */
static int is_utf8(const char *text) {
  const unsigned char *at = (const unsigned char *)text;
  while (*at != 0) {
    int more = *at < 0x80 ? 0 : *at >= 0xc2 && *at < 0xe0 ? 1 : *at >= 0xe0 && *at < 0xf0 ? 2 : *at >= 0xf0 && *at < 0xf5 ? 3 : -1;
    if (more < 0) return 0;
    if ((*at == 0xe0 && at[1] < 0xa0) || (*at == 0xed && at[1] >= 0xa0) || (*at == 0xf0 && at[1] < 0x90) || (*at == 0xf4 && at[1] >= 0x90))
      return 0;
    for (at++; more > 0; more--, at++)
      if ((*at & 0xc0) != 0x80) return 0;
  }
  return 1;
}

/* Whether no cluster that we know rewrites such a target: it has no "." and no empty part, a leading slash aside. */
static int is_plain_target(const char *target) {
  const char *part = *target == '/' ? target + 1 : target;
  for (;;) {
    size_t size = strcspn(part, "/");
    if (size == 0 || (size == 1 && *part == '.')) return 0;
    if (part[size] == '\0') return 1;
    part += size + 1;
  }
}

static int by_bytes(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static int put_node(struct archive *a, int parent, const char *name, int depth);

static int put_file(struct archive *a, int parent, const char *name, const struct stat *found) {
  static char bytes[1 << 18];
  int executable = (found->st_mode & S_IXUSR) != 0;
  /* As Nix leaves them: whoever reads the tree after us looks at other bits. It may be a link to an input, which is not ours to change. */
  fchmodat(parent, name, executable ? 0555 : 0444, 0);
  int file = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return -1;
  int failed = put_text(a, "regular") < 0 || (executable && (put_text(a, "executable") < 0 || put_text(a, "") < 0)) ||
               put_text(a, "contents") < 0 || put_size(a, (uint64_t)found->st_size) < 0;
  uint64_t left = (uint64_t)found->st_size;
  while (!failed && left > 0) {
    ssize_t size = read(file, bytes, left < sizeof bytes ? (size_t)left : sizeof bytes);
    if (size < 0 && errno == EINTR) continue;
    if (size == 0) errno = EIO; /* It became shorter. */
    failed = size <= 0 || put(a, bytes, (size_t)size) < 0;
    left -= failed ? 0 : (uint64_t)size;
  }
  failed = failed || pad(a, (uint64_t)found->st_size) < 0;
  int reason = errno;
  close(file);
  errno = reason;
  return failed ? -1 : 0;
}

static int put_symlink(struct archive *a, int parent, const char *name) {
  char target[PATH_MAX + 1];
  ssize_t size = readlinkat(parent, name, target, sizeof target - 1);
  if (size < 0) return -1;
  target[size] = '\0';
  /* Some clusters take no symlink for an output. */
  if (a->path_size == 0 || !is_plain_target(target) || !is_utf8(target)) a->is_awkward = 1;
  return put_text(a, "symlink") < 0 || put_text(a, "target") < 0 || put_bytes(a, target, (size_t)size) < 0 ? -1 : 0;
}

static int put_directory(struct archive *a, int parent, const char *name, int depth) {
  fchmodat(parent, name, 0755, 0);
  if (depth >= DEPTH_MAX) {
    errno = ENAMETOOLONG;
    return -1;
  }
  int directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *stream = directory < 0 ? NULL : fdopendir(directory);
  if (stream == NULL) return -1;
  char **names = NULL;
  size_t count = 0, room = 0;
  int failed = put_text(a, "directory") < 0;
  errno = 0;
  for (struct dirent *entry; !failed && (entry = readdir(stream)) != NULL; errno = 0) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (count == room) {
      char **grown = realloc(names, (room = room == 0 ? 64 : 2 * room) * sizeof *names);
      if (grown == NULL) break;
      names = grown;
    }
    names[count] = strdup(entry->d_name);
    if (names[count] == NULL) break;
    count++;
  }
  failed = failed || errno != 0;
  if (!failed && count > 0) qsort(names, count, sizeof *names, by_bytes);
  for (size_t i = 0; i < count; i++) {
    if (!failed && !a->is_unsupported) {
      size_t before = a->path_size;
      int size = snprintf(a->path + before, sizeof a->path - before, "%s%s", before == 0 ? "" : "/", names[i]);
      a->path_size = before + (size_t)size < sizeof a->path ? before + (size_t)size : sizeof a->path - 1;
      if (!is_utf8(names[i])) a->is_awkward = 1;
      failed = put_text(a, "entry") < 0 || put_text(a, "(") < 0 || put_text(a, "name") < 0 || put_text(a, names[i]) < 0 ||
               put_text(a, "node") < 0 || put_node(a, directory, names[i], depth + 1) < 0 || put_text(a, ")") < 0;
      /* The path of what went wrong stays. */
      if (!failed && !a->is_unsupported) a->path[a->path_size = before] = '\0';
    }
    free(names[i]);
  }
  free(names);
  int reason = errno;
  closedir(stream);
  errno = reason;
  return failed ? -1 : 0;
}

/* Source: Nix, the format of archives. */
static int put_node(struct archive *a, int parent, const char *name, int depth) {
  struct stat found;
  if (fstatat(parent, name, &found, AT_SYMLINK_NOFOLLOW) < 0) return -1;
  if (put_text(a, "(") < 0 || put_text(a, "type") < 0) return -1;
  int result = -1;
  if (S_ISREG(found.st_mode)) result = put_file(a, parent, name, &found);
  else if (S_ISLNK(found.st_mode)) result = put_symlink(a, parent, name);
  else if (S_ISDIR(found.st_mode)) result = put_directory(a, parent, name, depth);
  else {
    a->is_unsupported = 1;
    return 0;
  }
  return result < 0 || put_text(a, ")") < 0 ? -1 : 0;
}

void make_archive(struct archive *a, const char *place, int file) {
  memset(a, 0, sizeof *a);
  a->file = file;
  sha256_init(&a->sha);
  if (put_text(a, "nix-archive-1") < 0 || put_node(a, AT_FDCWD, place, 0) < 0) a->reason = errno == 0 ? EIO : errno;
}
