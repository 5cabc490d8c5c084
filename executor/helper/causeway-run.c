/*
 * Goes with an action to a cluster that is not ours: what makes of a worker's sandbox one that Nix builders know, and tells afterwards what
 * the builder really made, for clusters change trees without saying so (targets of symlinks, pipes, names that are not UTF-8).
 *
 *   causeway-run VERSION HOW FORM OUT COUNT OUTPUT... BUILDER ARGUMENT...
 *
 *     HOW   rooted:  the input root is / already; OUT and each OUTPUT are absolute. We and OUT are not there while the builder runs.
 *           wrapped: the input root is the working directory; the directory `root` in it is to be /, in namespaces of its own with the rest of
 *                    what Nix gives (proc, dev, ids 1000 and 100, loopback only); OUT is relative to the input root, each OUTPUT is absolute.
 *           network: wrapped, with the network of the worker.
 *     FORM  trees:   an output that a cluster may change is put into OUT as an archive (NAR), with its number for a name; all others stay.
 *           archives: all are.
 *     OUT   a directory for OUT/report and such archives.
 *
 *     LINKS, which is links beside OUT, may hold symlinks of the inputs with their targets, strings that each end with a NUL: clusters rewrite
 *     some, and we put them right. In both cases the paths are absolute, as builders see them.
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
 * The builder is called by its base name and writes errors where it writes output, as under Nix. We end as it does, except that an output
 * which is absent or cannot be carried makes a failure of a success: clusters keep successes. What really happened is in the report:
 *
 *   causeway-report VERSION
 *   builder (exited CODE | signalled NUMBER | refused ERRNO)
 *   output NUMBER (absent | whole SHA256 SIZE | packed SHA256 SIZE | unsupported HEX | failed ERRNO HEX)
 *   suspicious NUMBER
 *   end
 *
 * SHA256 and SIZE are those of the output's archive, NUMBER counts from 0, HEX is a path from the output on. There is no report if the builder
 * never came to run; then we exit with 200 if the worker gives no namespaces, else with 201, and the last line of output says why.
 *
 * Build: cc -std=c11 -O2 -static. Linux only; nothing but libc.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Changes with the lines above. */
#define VERSION "1"

enum { NO_NAMESPACES = 200, BROKEN = 201, BUILD_UID = 1000, BUILD_GID = 100 };

extern char **environ;

static _Noreturn void give_up(int code, const char *what) {
  dprintf(1, "causeway-run: %s: %s\n", what, strerror(errno));
  _exit(code);
}

/* ---- SHA-256 (FIPS 180-4) ------------------------------------------------------------------------------------------------------ */

struct sha256 {
  uint32_t state[8];
  uint64_t size;
  unsigned char block[64];
};

static const uint32_t ROUND[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t turned(uint32_t word, int bits) { return (word >> bits) | (word << (32 - bits)); }

static void sha256_init(struct sha256 *sha) {
  static const uint32_t START[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  memcpy(sha->state, START, sizeof START);
  sha->size = 0;
}

static void sha256_block(struct sha256 *sha, const unsigned char *bytes) {
  uint32_t w[64], s[8];
  for (int i = 0; i < 16; i++)
    w[i] = (uint32_t)bytes[4 * i] << 24 | (uint32_t)bytes[4 * i + 1] << 16 | (uint32_t)bytes[4 * i + 2] << 8 | bytes[4 * i + 3];
  for (int i = 16; i < 64; i++) {
    uint32_t a = turned(w[i - 15], 7) ^ turned(w[i - 15], 18) ^ (w[i - 15] >> 3);
    uint32_t b = turned(w[i - 2], 17) ^ turned(w[i - 2], 19) ^ (w[i - 2] >> 10);
    w[i] = w[i - 16] + a + w[i - 7] + b;
  }
  memcpy(s, sha->state, sizeof s);
  for (int i = 0; i < 64; i++) {
    uint32_t e = turned(s[4], 6) ^ turned(s[4], 11) ^ turned(s[4], 25);
    uint32_t one = s[7] + e + ((s[4] & s[5]) ^ (~s[4] & s[6])) + ROUND[i] + w[i];
    uint32_t a = turned(s[0], 2) ^ turned(s[0], 13) ^ turned(s[0], 22);
    uint32_t two = a + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
    memmove(s + 1, s, 7 * sizeof *s);
    s[4] += one;
    s[0] = one + two;
  }
  for (int i = 0; i < 8; i++) sha->state[i] += s[i];
}

static void sha256_add(struct sha256 *sha, const void *from, size_t size) {
  const unsigned char *bytes = from;
  size_t filled = sha->size % 64;
  sha->size += size;
  if (filled > 0) {
    size_t part = size < 64 - filled ? size : 64 - filled;
    memcpy(sha->block + filled, bytes, part);
    bytes += part;
    size -= part;
    if (filled + part < 64) return;
    sha256_block(sha, sha->block);
  }
  for (; size >= 64; bytes += 64, size -= 64) sha256_block(sha, bytes);
  memcpy(sha->block, bytes, size);
}

static void sha256_hex(struct sha256 *sha, char hex[65]) {
  uint64_t bits = sha->size * 8;
  unsigned char length[8];
  for (int i = 0; i < 8; i++) length[i] = (unsigned char)(bits >> (56 - 8 * i));
  sha256_add(sha, "\x80", 1);
  while (sha->size % 64 != 56) sha256_add(sha, "", 1);
  sha256_add(sha, length, sizeof length);
  for (int i = 0; i < 8; i++) snprintf(hex + 8 * i, 9, "%08x", sha->state[i]);
}

/* ---- archives ------------------------------------------------------------------------------------------------------------------ */

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

/* Makes the archive of what is at a place. What went wrong is in `is_unsupported` and `reason`. */
static void make_archive(struct archive *a, const char *place, int file) {
  memset(a, 0, sizeof *a);
  a->file = file;
  sha256_init(&a->sha);
  if (put_text(a, "nix-archive-1") < 0 || put_node(a, AT_FDCWD, place, 0) < 0) a->reason = errno == 0 ? EIO : errno;
}

/* ---- the report ---------------------------------------------------------------------------------------------------------------- */

static void print_hex(FILE *report, const char *text) {
  for (; *text != '\0'; text++) fprintf(report, "%02x", (unsigned char)*text);
}

/* Puts an output's archive into `out` and the output aside, where the cluster does not look. -1 with `errno`. */
static int pack(struct archive *a, const char *output, const char *out, size_t number) {
  char name[4200];
  snprintf(name, sizeof name, "%s/%zu", out, number);
  int file = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (file < 0) return -1;
  make_archive(a, output, file);
  if (close(file) < 0 && a->reason == 0) a->reason = errno;
  if (a->reason != 0 || a->is_unsupported) return 0;
  /* Beside it: to another place it might not be moved. */
  const char *slash = strrchr(output, '/');
  snprintf(name, sizeof name, "%.*s/.causeway-packed-%zu", slash == NULL ? 0 : (int)(slash - output), output, number);
  return rename(output, name);
}

/* Says of one output what it is. 0 if the cluster can carry it. */
static int report_output(FILE *report, const char *output, const char *out, size_t number, int always) {
  struct stat found;
  if (lstat(output, &found) < 0) {
    fprintf(report, "output %zu absent\n", number);
    return -1;
  }
  if (!S_ISLNK(found.st_mode) && (found.st_mode & (S_IWGRP | S_IWOTH)) != 0) fprintf(report, "suspicious %zu\n", number);
  static struct archive a;
  make_archive(&a, output, -1);
  int is_packed = a.reason == 0 && !a.is_unsupported && (a.is_awkward || always);
  if (is_packed && pack(&a, output, out, number) < 0) a.reason = errno;
  if (a.reason != 0 || a.is_unsupported) {
    if (a.reason != 0) fprintf(report, "output %zu failed %d ", number, a.reason);
    else fprintf(report, "output %zu unsupported ", number);
    print_hex(report, a.path);
    fputc('\n', report);
    return -1;
  }
  char hex[65];
  sha256_hex(&a.sha, hex);
  fprintf(report, "output %zu %s %s %llu\n", number, is_packed ? "packed" : "whole", hex, (unsigned long long)a.size);
  return 0;
}

/* ---- the builder --------------------------------------------------------------------------------------------------------------- */

struct task {
  int is_wrapped, has_network, always_packs;
  const char *self, *out;
  char **outputs;
  size_t count;
  char **builder; /* With its arguments. */
};

static void write_once(const char *file, const char *text) {
  int to = open(file, O_WRONLY | O_CLOEXEC);
  if (to < 0 || write(to, text, strlen(text)) < 0) give_up(NO_NAMESPACES, file);
  close(to);
}

/* Maps one id outside to one inside, for ourselves. */
static void map_ids(pid_t pid, unsigned uid, unsigned outer_uid, unsigned gid, unsigned outer_gid) {
  char file[64], text[64];
  snprintf(file, sizeof file, "/proc/%d/setgroups", (int)pid);
  int deny = open(file, O_WRONLY | O_CLOEXEC);
  if (deny >= 0) {
    if (write(deny, "deny", 4) < 0) give_up(NO_NAMESPACES, file);
    close(deny);
  }
  snprintf(file, sizeof file, "/proc/%d/uid_map", (int)pid);
  snprintf(text, sizeof text, "%u %u 1", uid, outer_uid);
  write_once(file, text);
  snprintf(file, sizeof file, "/proc/%d/gid_map", (int)pid);
  snprintf(text, sizeof text, "%u %u 1", gid, outer_gid);
  write_once(file, text);
}

static _Noreturn void become_builder(const struct task *task, int go, int failure) {
  char byte;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (task->is_wrapped) {
    /* A second one: inside the first we are root, and no builder should be. */
    if (unshare(CLONE_NEWUSER) < 0 || write(failure, "", 1) < 0) give_up(NO_NAMESPACES, "unshare");
  }
  if (read(go, &byte, 1) != 1) _exit(BROKEN);
  if (task->is_wrapped && (setresgid(BUILD_GID, BUILD_GID, BUILD_GID) < 0 || setresuid(BUILD_UID, BUILD_UID, BUILD_UID) < 0))
    give_up(NO_NAMESPACES, "setresuid");
  setsid();
  umask(022);
  dup2(1, 2);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  signal(SIGPIPE, SIG_DFL);
  const char *file = task->builder[0];
  const char *slash = strrchr(file, '/');
  if (slash != NULL) task->builder[0] = (char *)slash + 1;
  execve(file, task->builder, environ);
  int reason = errno;
  if (write(failure, &reason, sizeof reason) < 0) _exit(BROKEN);
  _exit(1);
}

static const char *const LINKS[2] = {"/.causeway/links", "links"};

/* Gives symlinks of the inputs their targets back. To build with other ones would be to build something else. */
static void restore_links(int is_wrapped) {
  int file = open(LINKS[is_wrapped], O_RDONLY | O_CLOEXEC);
  struct stat found;
  if (file < 0 && errno == ENOENT) return;
  if (file < 0 || fstat(file, &found) < 0) give_up(BROKEN, LINKS[is_wrapped]);
  size_t size = (size_t)found.st_size, got = 0;
  char *bytes = malloc(size + 1);
  if (bytes == NULL) give_up(BROKEN, "memory");
  for (ssize_t more = 1; got < size && more > 0; got += (size_t)more)
    if ((more = read(file, bytes + got, size - got)) < 0) give_up(BROKEN, LINKS[is_wrapped]);
  close(file);
  bytes[got] = '\0';
  for (char *path = bytes; path < bytes + got;) {
    char *target = path + strlen(path) + 1;
    if (target >= bytes + got) break;
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

/* Removes from the root what Nix's builders do not have there. Where that is not allowed they see it. */
static void set_us_aside(const struct task *task) {
  if (unlink("/usr/bin/env") == 0) remove_directories("/usr/bin");
  unlink(LINKS[0]);
  if (unlink(task->self) == 0) remove_directories(task->out);
}

static int make_directories(const char *place) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s", place);
  for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    if (mkdir(path, 0755) < 0 && errno != EEXIST) return -1;
    *slash = '/';
  }
  return mkdir(path, 0755) < 0 && errno != EEXIST ? -1 : 0;
}

/* Each directory of a path stays open while its children are read. Not for the builder, which counts what it may open. */
static void raise_limits(void) {
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur >= DEPTH_MAX + 64) return;
  files.rlim_cur = files.rlim_max < DEPTH_MAX + 64 ? files.rlim_max : DEPTH_MAX + 64;
  setrlimit(RLIMIT_NOFILE, &files);
}

/* Runs the builder, waits until nothing of it is left, and reports. @returns our exit code. */
static int run(const struct task *task) {
  if (!task->is_wrapped) {
    restore_links(0);
    set_us_aside(task);
  }
  int go[2], failure[2];
  if (pipe2(go, O_CLOEXEC) < 0 || pipe2(failure, O_CLOEXEC) < 0) give_up(BROKEN, "pipe");
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  pid_t builder = fork();
  if (builder < 0) give_up(BROKEN, "fork");
  if (builder == 0) {
    close(go[1]);
    close(failure[0]);
    become_builder(task, go[0], failure[1]);
  }
  close(go[0]);
  close(failure[1]);
  char byte;
  if (task->is_wrapped) {
    if (read(failure[0], &byte, 1) != 1) _exit(NO_NAMESPACES);
    map_ids(builder, BUILD_UID, 0, BUILD_GID, 0);
  }
  if (write(go[1], "", 1) < 0) give_up(BROKEN, "pipe");
  close(go[1]);
  int refused = 0, status = 0;
  if (read(failure[0], &refused, sizeof refused) != sizeof refused) refused = 0;
  for (pid_t ended = 0; ended != builder;) {
    int how;
    ended = waitpid(-1, &how, 0);
    if (ended == builder) status = how;
    if (ended < 0 && errno != EINTR) give_up(BROKEN, "waitpid");
  }
  /* Nobody writes to outputs while they are read. In a namespace of our own that is everybody else, otherwise only the builder's group is ours to kill. */
  if (task->is_wrapped) kill(-1, SIGKILL);
  kill(-builder, SIGKILL);
  while (waitpid(-1, NULL, task->is_wrapped ? 0 : WNOHANG) > 0 || errno == EINTR) errno = 0;

  raise_limits();
  char name[4200];
  if (!task->is_wrapped && make_directories(task->out) < 0) give_up(BROKEN, task->out);
  snprintf(name, sizeof name, "%s/report", task->out);
  FILE *report = fopen(name, "wx");
  if (report == NULL) give_up(BROKEN, "writing the report");
  fprintf(report, "causeway-report " VERSION "\n");
  int code;
  if (refused != 0) {
    printf("error: executing '%s': %s\n", task->builder[0], strerror(refused));
    fflush(stdout);
    fprintf(report, "builder refused %d\n", refused);
    code = 1;
  } else if (WIFSIGNALED(status)) {
    fprintf(report, "builder signalled %d\n", WTERMSIG(status));
    code = 128 + WTERMSIG(status);
  } else {
    fprintf(report, "builder exited %d\n", WEXITSTATUS(status));
    code = WEXITSTATUS(status);
  }
  if (code == 0)
    for (size_t i = 0; i < task->count; i++)
      if (report_output(report, task->outputs[i], task->out, i, task->always_packs) < 0) code = 1;
  fprintf(report, "end\n");
  if (fclose(report) != 0) give_up(BROKEN, "writing the report");
  return code;
}

/* ---- wrapped ------------------------------------------------------------------------------------------------------------------- */

/* Binds something on itself, so that nobody can write to it through this place. A symlink is nothing that can be written to. */
static void make_read_only(const char *place) {
  struct stat found;
  struct statvfs mounted;
  if (lstat(place, &found) < 0 || S_ISLNK(found.st_mode)) return;
  if (mount(place, place, NULL, MS_BIND | MS_REC, NULL) < 0 || statvfs(place, &mounted) < 0) give_up(NO_NAMESPACES, place);
  /* What the worker's mount has more of must stay. The numbers of both calls are the same, by statvfs(3). */
  unsigned long kept = mounted.f_flag & (MS_NOEXEC | MS_NOATIME | MS_NODIRATIME | MS_RELATIME);
  if ((mounted.f_flag & 4096) != 0) kept |= MS_RELATIME; /* ST_RELATIME, the one that differs. */
  if (mount(NULL, place, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | kept, NULL) < 0) give_up(NO_NAMESPACES, place);
}

static void each_entry(const char *directory, void (*visit)(const char *place)) {
  DIR *stream = opendir(directory);
  if (stream == NULL) return;
  char **names = NULL;
  size_t count = 0;
  for (struct dirent *entry; (entry = readdir(stream)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    names = realloc(names, (count + 1) * sizeof *names);
    if (names == NULL || (names[count++] = strdup(entry->d_name)) == NULL) give_up(BROKEN, "memory");
  }
  closedir(stream);
  for (size_t i = 0; i < count; i++) {
    char place[PATH_MAX];
    snprintf(place, sizeof place, "%s/%s", directory, names[i]);
    visit(place);
    free(names[i]);
  }
  free(names);
}

/* A file in the build directory is the builder's to write to, but it may be a link into the worker's cache. */
static void make_own(const char *place) {
  static char bytes[65536];
  struct stat found;
  if (lstat(place, &found) < 0 || !S_ISREG(found.st_mode)) return;
  char copy[PATH_MAX + 8];
  snprintf(copy, sizeof copy, "%s.new", place);
  int from = open(place, O_RDONLY | O_CLOEXEC), to = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (from < 0 || to < 0) give_up(BROKEN, place);
  ssize_t size;
  while ((size = read(from, bytes, sizeof bytes)) > 0)
    if (write(to, bytes, (size_t)size) != size) give_up(BROKEN, copy);
  if (size < 0 || close(to) < 0 || close(from) < 0 || rename(copy, place) < 0) give_up(BROKEN, place);
}

static void top_level(const char *place) {
  static const char *const writable[] = {"root/nix", "root/build", "root/tmp", "root/dev", "root/proc"};
  for (size_t i = 0; i < sizeof writable / sizeof *writable; i++)
    if (strcmp(place, writable[i]) == 0) return;
  make_read_only(place);
}

static void make_devices(void) {
  static const char *const nodes[] = {"null", "zero", "full", "random", "urandom", "tty"};
  static const char *const links[][2] = {{"/proc/self/fd", "fd"},
                                         {"/proc/self/fd/0", "stdin"},
                                         {"/proc/self/fd/1", "stdout"},
                                         {"/proc/self/fd/2", "stderr"},
                                         {"pts/ptmx", "ptmx"}};
  char place[64], device[64];
  if (mount("none", "root/dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755") < 0) give_up(NO_NAMESPACES, "dev");
  for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) {
    snprintf(place, sizeof place, "root/dev/%s", nodes[i]);
    snprintf(device, sizeof device, "/dev/%s", nodes[i]);
    int file = open(place, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) give_up(NO_NAMESPACES, place);
    close(file);
    if (access(device, F_OK) < 0) continue; /* A worker without a terminal. */
    if (mount(device, place, NULL, MS_BIND, NULL) < 0) give_up(NO_NAMESPACES, device);
  }
  if (mkdir("root/dev/shm", 01777) < 0 || mkdir("root/dev/pts", 0755) < 0 ||
      mount("none", "root/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777") < 0)
    give_up(NO_NAMESPACES, "dev/shm");
  if (mount("none", "root/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620") < 0)
    give_up(NO_NAMESPACES, "dev/pts");
  for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
    snprintf(place, sizeof place, "root/dev/%s", links[i][1]);
    if (symlink(links[i][0], place) < 0) give_up(NO_NAMESPACES, place);
  }
}

static void raise_loopback(void) {
  struct ifreq request = {0};
  int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (any < 0) return; /* A kernel without a network has nothing to hide either. */
  strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
  if (ioctl(any, SIOCSIFFLAGS, &request) < 0) give_up(NO_NAMESPACES, "loopback");
  close(any);
}

/* Makes `root` what is /. What is left open leads to `out`, which nobody but us sees. */
static void enter_root(struct task *task) {
  static char out[64];
  restore_links(1);
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || mount("root", "root", NULL, MS_BIND | MS_REC, NULL) < 0)
    give_up(NO_NAMESPACES, "mount");
  each_entry("root", top_level);
  each_entry("root/nix/store", make_read_only);
  each_entry("root/build", make_own);
  chmod("root/tmp", 01777);
  if (mount("none", "root/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0) give_up(NO_NAMESPACES, "proc");
  make_devices();
  if (!task->has_network) raise_loopback();
  if (sethostname("localhost", 9) < 0 || setdomainname("(none)", 6) < 0) give_up(NO_NAMESPACES, "sethostname");
  int kept = open(task->out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (kept < 0) give_up(BROKEN, task->out);
  if (chdir("root") < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0) give_up(NO_NAMESPACES, "pivot_root");
  if (chdir("/build") < 0) give_up(BROKEN, "/build");
  snprintf(out, sizeof out, "/proc/self/fd/%d", kept);
  task->out = out;
}

/* Runs the task as the first process of new namespaces. */
static int run_wrapped(struct task *task) {
  int go[2];
  unsigned uid = geteuid(), gid = getegid();
  if (pipe2(go, O_CLOEXEC) < 0) give_up(BROKEN, "pipe");
  unsigned long flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | (task->has_network ? 0 : CLONE_NEWNET);
  /* As fork, with the stack of the caller. The order of arguments is not the same on every processor; flags come first on those we build for. */
  pid_t first = (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
  if (first < 0) give_up(NO_NAMESPACES, "this worker gives no namespaces");
  if (first == 0) {
    char byte;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(go[1]);
    if (read(go[0], &byte, 1) != 1) _exit(BROKEN);
    enter_root(task);
    fflush(stdout);
    _exit(run(task));
  }
  close(go[0]);
  map_ids(first, 0, uid, 0, gid);
  if (write(go[1], "", 1) < 0) give_up(BROKEN, "pipe");
  int status;
  while (waitpid(first, &status, 0) < 0)
    if (errno != EINTR) give_up(BROKEN, "waitpid");
  return WIFEXITED(status) ? WEXITSTATUS(status) : BROKEN;
}

/* ---- look ---------------------------------------------------------------------------------------------------------------------- */

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

/* What a builder finds. The variable `inputs` names a directory of the inputs. */
static int look(const char *name) {
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
  say("store %d\n", inputs != NULL && access(inputs, W_OK) == 0);
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
  size_t count = argc > 5 ? strtoul(argv[5], NULL, 10) : 0;
  if (argc < 7 || strcmp(argv[1], VERSION) != 0 || count > (size_t)argc - 7) {
    dprintf(1, "causeway-run: called by another version of Causeway\n");
    return BROKEN;
  }
  struct task task = {.is_wrapped = strcmp(argv[2], "rooted") != 0,
                      .has_network = strcmp(argv[2], "network") == 0,
                      .always_packs = strcmp(argv[3], "archives") == 0,
                      .self = argv[0],
                      .out = argv[4],
                      .count = count,
                      .outputs = argv + 6,
                      .builder = argv + 6 + count};
  return task.is_wrapped ? run_wrapped(&task) : run(&task);
}
