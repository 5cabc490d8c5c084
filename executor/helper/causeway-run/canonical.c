#define _GNU_SOURCE
#include "canonical.h"
#include "task.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct timespec TIMES[2] = {{.tv_sec = 1}, {.tv_sec = 1}};

/* Where the first one cannot be given away, none is. */
static int gives_away;

static void give_away(int directory, const char *name) {
  if (gives_away && fchownat(directory, name, NOBODY, NOBODY, AT_SYMLINK_NOFOLLOW) < 0) gives_away = 0;
}

/* What a file system that shares blocks does at once, and others as fast as they can. @returns 0, or -1 with `errno`. */
static int copy_bytes(int from, int to) {
  static char bytes[65536];
  ssize_t size;
  if (ioctl(to, FICLONE, from) == 0) return 0;
  while ((size = copy_file_range(from, NULL, to, NULL, 1 << 30, 0)) > 0)
    ;
  if (size == 0) return 0;
  if (errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP) return -1;
  while ((size = read(from, bytes, sizeof bytes)) > 0)
    if (write(to, bytes, (size_t)size) != size) return -1;
  return size < 0 ? -1 : 0;
}

/* Puts a file of its own where a link to a shared one is. @returns 0 if the worker does not allow it. */
static int replace_file(int directory, const char *name) {
  int from = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (from < 0) return 0;
  if (unlinkat(directory, name, 0) < 0) {
    close(from);
    return 0;
  }
  /* Not elsewhere and moved here: file systems keep the files of a directory together, and much making and removing in one place is slow. */
  int to = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (to < 0 || copy_bytes(from, to) < 0 || close(to) < 0 || close(from) < 0) give_up(BROKEN, "copying an input");
  return 1;
}

static void settle_file(int directory, const char *name, const struct stat *found) {
  mode_t mode = (found->st_mode & 0111) != 0 ? 0555 : 0444;
  int is_new = found->st_nlink > 1 ? replace_file(directory, name) : 0;
  /* A file that is still shared is not ours to change. */
  if (found->st_nlink > 1 && !is_new) return;
  give_away(directory, name);
  if (is_new || (found->st_mode & 07777) != mode) fchmodat(directory, name, mode, 0);
  utimensat(directory, name, TIMES, AT_SYMLINK_NOFOLLOW);
}

static void settle(int directory, const char *name);

/* Each directory is open while its children are settled, so that no path is too long. */
static void settle_children(int directory) {
  DIR *stream = fdopendir(directory);
  if (stream == NULL) {
    close(directory);
    return;
  }
  /* First all names: a directory that changes while it is read may show an entry twice. */
  char **names = NULL;
  size_t count = 0, room = 0;
  for (struct dirent *entry; (entry = readdir(stream)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (count == room && (names = realloc(names, (room = room * 2 + 16) * sizeof *names)) == NULL) give_up(BROKEN, "memory");
    if ((names[count++] = strdup(entry->d_name)) == NULL) give_up(BROKEN, "memory");
  }
  for (size_t i = 0; i < count; i++) {
    settle(dirfd(stream), names[i]);
    free(names[i]);
  }
  free(names);
  closedir(stream);
}

static void settle(int directory, const char *name) {
  struct stat found;
  if (fstatat(directory, name, &found, AT_SYMLINK_NOFOLLOW) < 0) return;
  if (S_ISREG(found.st_mode)) {
    settle_file(directory, name, &found);
    return;
  }
  if (S_ISDIR(found.st_mode)) {
    /* Workers may have made it read-only already. */
    if ((found.st_mode & 0700) != 0700) fchmodat(directory, name, 0755, 0);
    int inside = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (inside >= 0) settle_children(inside);
  }
  give_away(directory, name);
  if (S_ISDIR(found.st_mode)) fchmodat(directory, name, 0555, 0);
  utimensat(directory, name, TIMES, AT_SYMLINK_NOFOLLOW);
}

int make_canonical(const char *store_directory) {
  int directory = open(store_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return 0;
  gives_away = geteuid() == 0;
  settle_children(directory);
  return gives_away;
}
