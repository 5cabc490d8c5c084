#define _GNU_SOURCE
#include "wrapped.h"
#include "builder.h"
#include "canonical.h"
#include "inputs.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of the worker, for what is to be done when its root is gone: its /proc, and `out`. */
static int old_proc = -1, old_out = -1;

static void write_once(int directory, const char *file, const char *text) {
  int to = openat(directory, file, O_WRONLY | O_CLOEXEC);
  if (to < 0 || write(to, text, strlen(text)) < 0) give_up(NO_NAMESPACES, file);
  close(to);
}

/* Maps one id outside to one inside. */
static void map_ids(int proc, pid_t pid, unsigned uid, unsigned outer_uid, unsigned gid, unsigned outer_gid) {
  char file[64], text[64];
  snprintf(file, sizeof file, "%d/setgroups", (int)pid);
  int deny = openat(proc, file, O_WRONLY | O_CLOEXEC);
  if (deny >= 0) {
    if (write(deny, "deny", 4) < 0) give_up(NO_NAMESPACES, file);
    close(deny);
  }
  snprintf(file, sizeof file, "%d/uid_map", (int)pid);
  snprintf(text, sizeof text, "%u %u 1", uid, outer_uid);
  write_once(proc, file, text);
  snprintf(file, sizeof file, "%d/gid_map", (int)pid);
  snprintf(text, sizeof text, "%u %u 1", gid, outer_gid);
  write_once(proc, file, text);
}

/* Says that nobody can write through a mount, or to devices in it. */
static void remount(const char *place, unsigned long flags) {
  struct statvfs mounted;
  if (statvfs(place, &mounted) < 0) give_up(NO_NAMESPACES, place);
  /* What the worker's mount has more of must stay. The numbers of both calls are the same, by statvfs(3). */
  unsigned long kept = mounted.f_flag & (MS_NOEXEC | MS_NOATIME | MS_NODIRATIME | MS_RELATIME);
  if ((mounted.f_flag & 4096) != 0) kept |= MS_RELATIME; /* ST_RELATIME, the one that differs. */
  if (mount(NULL, place, NULL, MS_REMOUNT | MS_BIND | flags | kept, NULL) < 0) give_up(NO_NAMESPACES, place);
}

static void bind_itself(const char *place) {
  if (mount(place, place, NULL, MS_BIND | MS_REC, NULL) < 0) give_up(NO_NAMESPACES, place);
}

/* An input. A symlink is nothing that can be written to. */
static void mount_input(const char *place, unsigned long flags) {
  struct stat found;
  if (lstat(place, &found) < 0 || S_ISLNK(found.st_mode)) return;
  bind_itself(place);
  remount(place, flags | MS_NOSUID | MS_NODEV);
}

static void keep_input(const char *place) { mount_input(place, 0); }

/* The builder owns it. */
static void protect_input(const char *place) { mount_input(place, MS_RDONLY); }

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

/* A file whose mode is to be as Nix has it, and that may be a link into the worker's cache. */
static void copy_file(const char *source, const char *place) {
  static char bytes[65536];
  struct stat found;
  if (stat(source, &found) < 0 || !S_ISREG(found.st_mode)) return;
  char copy[PATH_MAX + 8];
  snprintf(copy, sizeof copy, "%s.new", place);
  int from = open(source, O_RDONLY | O_CLOEXEC), to = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (from < 0 || to < 0) give_up(BROKEN, source);
  ssize_t size;
  while ((size = read(from, bytes, sizeof bytes)) > 0)
    if (write(to, bytes, (size_t)size) != size) give_up(BROKEN, copy);
  if (size < 0 || close(to) < 0 || close(from) < 0 || rename(copy, place) < 0) give_up(BROKEN, place);
}

static void make_own(const char *place) {
  struct stat found;
  if (lstat(place, &found) == 0 && S_ISREG(found.st_mode)) copy_file(place, place);
}

/* What a build with network finds of the machine it runs on, unless something is there already. Source: as confine.h. */
static void bring_network_files(void) {
  static const char *const names[] = {"hosts", "resolv.conf", "services"};
  char source[64], place[64];
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    snprintf(source, sizeof source, "/etc/%s", names[i]);
    snprintf(place, sizeof place, "root/etc/%s", names[i]);
    if (access(place, F_OK) < 0) copy_file(source, place);
  }
}

static void make_devices(void) {
  static const char *const nodes[] = {"null", "zero", "full", "random", "urandom", "tty"};
  static const char *const links[][2] = {{"/proc/self/fd", "fd"},
                                         {"/proc/self/fd/0", "stdin"},
                                         {"/proc/self/fd/1", "stdout"},
                                         {"/proc/self/fd/2", "stderr"},
                                         {"/dev/pts/ptmx", "ptmx"}};
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
  remount("root/dev", MS_RDONLY | MS_NOSUID | MS_NOEXEC);
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

/* Modes are those of Nix. What is mounted on itself is another file system for links and renames, as under Nix. */
void prepare_root(const struct task *task) {
  old_out = open(task->out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (old_out < 0) give_up(BROKEN, task->out);
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) give_up(NO_NAMESPACES, "mount");
  bind_itself("root");
  static const struct {
    const char *place;
    mode_t mode;
  } own[] = {{"root/build", 0700}, {"root/tmp", 01777}, {"root/nix/store", 01775}};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
    bind_itself(own[i].place);
    chmod(own[i].place, own[i].mode);
  }
  each_entry("root/nix/store", task->inputs_are_nobodys ? keep_input : protect_input);
  each_entry("root/build", make_own);
  if (task->has_network) bring_network_files();
  else raise_loopback();
  each_entry("root/etc", make_own);
  make_devices();
  if (sethostname("localhost", 9) < 0 || setdomainname("(none)", 6) < 0) give_up(NO_NAMESPACES, "sethostname");
  chmod("root", 0750);
  remount("root", MS_RDONLY | MS_NOSUID | MS_NODEV);
}

/* The order of arguments is not the same on every processor; flags come first on those we build for. */
static pid_t fork_into(unsigned long namespaces) { return (pid_t)syscall(SYS_clone, namespaces | SIGCHLD, NULL, NULL, NULL, NULL); }

pid_t fork_first(void) { return fork_into(CLONE_NEWPID); }

void enter_root(void) {
  /* While the worker's is still there: nobody may see more of it than the worker does. */
  if (mount("none", "root/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0) give_up(NO_NAMESPACES, "proc");
  /* The worker may be root. */
  bind_itself("root/proc/sys");
  remount("root/proc/sys", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC);
  if (chdir("root") < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0) give_up(NO_NAMESPACES, "pivot_root");
  if (chdir("/build") < 0) give_up(BROKEN, "/build");
  /* A second one: inside the first we are root, and no builder should be. */
  if (unshare(CLONE_NEWUSER) < 0) give_up(NO_NAMESPACES, "unshare");
}

void leave_root(struct task *task, pid_t child) {
  map_ids(old_proc, child, BUILD_UID, 0, BUILD_GID, 0);
  if (fchdir(old_out) < 0) give_up(BROKEN, task->out);
  task->out = ".";
}

int run_wrapped(struct task *task) {
  int go[2];
  unsigned uid = geteuid(), gid = getegid();
  old_proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (old_proc < 0) give_up(NO_NAMESPACES, "/proc");
  if (pipe2(go, O_CLOEXEC) < 0) give_up(BROKEN, "pipe");
  /* With the rights that we have here: in the namespace are fewer users. */
  restore_links(1);
  task->inputs_are_nobodys = make_canonical("root/nix/store");
  pid_t us = getpid();
  pid_t child =
      fork_into(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | (task->has_network ? 0 : CLONE_NEWNET));
  if (child < 0) give_up(NO_NAMESPACES, "this worker gives no namespaces");
  if (child == 0) {
    char byte;
    close(go[1]);
    if (read(go[0], &byte, 1) != 1) _exit(BROKEN);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != us) _exit(BROKEN);
    _exit(run(task));
  }
  close(go[0]);
  map_ids(old_proc, child, 0, uid, 0, gid);
  if (write(go[1], "", 1) < 0) give_up(BROKEN, "pipe");
  int status;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) give_up(BROKEN, "waitpid");
  return WIFEXITED(status) ? WEXITSTATUS(status) : BROKEN;
}
