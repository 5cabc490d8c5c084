/*
 * The one program of the executor that is not JavaScript, because what it does no script can do.
 *
 *   causeway-helper serve VERSION RUNTIME WORK SLOT NULL [OPTION]
 *
 *     On the host. Starts containers, one at a time, for a process that tells their names on our standard input, a line each:
 *
 *       ID (merge|apart|terminal) (with|without)
 *
 *     The bundle is WORK/ID. The container gets NULL as standard input; as standard output and error both named pipes of SLOT, or one
 *     of them, or a pseudo-terminal whose other end we copy into that one. OPTION is for the runtime, when the container has no limits.
 *     Once the container is gone a line says how:
 *
 *       exited CODE      its first process ended by itself
 *       signalled NUMBER its first process was killed
 *       refused WORDS    execve would not start the command, and why
 *       failed WORDS     there never was a container; the runtime's log says why if WORDS do not
 *
 *     The end of standard input is the end of the container.
 *
 *   causeway-helper launch
 *
 *     In a container, as its first process, without anything of ours in the container's file system: the runtime executes us as
 *     /proc/self/fd/3. Becomes the command that is described in file 4, and says on file 5 if that is refused. Of us nothing is left then.
 *
 * What builders could reach of us is a sealed copy in memory, which nobody can write to, whoever owns the file it was made from: a builder
 * that is a script for the interpreter "/proc/self/exe" is run by that copy (compare CVE-2019-5736). It has no more rights than the builder.
 *
 * Build: cc -std=c11 -Os -static. Linux only; nothing but libc.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* Changes with the lines above, so that a helper of another version of the executor is found out. */
#define VERSION "1"

/* Files of the container's first process beside its standard streams. */
enum { EXE_FD = 3, COMMAND_FD = 4, REPORT_FD = 5, PASSED_FDS = 3 };

/* From linux/fcntl.h, linux/memfd.h and asm/ioctls.h, which not every libc passes on. */
#ifndef F_ADD_SEALS
#define F_ADD_SEALS 1033
#define F_SEAL_SEAL 1
#define F_SEAL_SHRINK 2
#define F_SEAL_GROW 4
#define F_SEAL_WRITE 8
#endif
#define MEMFD_CLOEXEC 1u
#define MEMFD_ALLOW_SEALING 2u
#define MEMFD_EXEC 16u
#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

extern char **environ;

/* ---- in the container ---------------------------------------------------------------------------------------------------------- */

/* Says why the command is not started, as a number of errno, and ends. */
static _Noreturn void refuse(int reason) {
  while (write(REPORT_FD, &reason, sizeof reason) < 0 && errno == EINTR) {
  }
  _exit(1);
}

/* A program without a slash in its name is looked for in the command's own PATH. Returns only if it was not started. */
static void search_and_execute(const char *name, char **arguments, char **variables) {
  const char *path = NULL;
  for (char **variable = variables; *variable; variable++)
    if (strncmp(*variable, "PATH=", 5) == 0) path = *variable + 5;
  errno = ENOENT;
  if (path == NULL || *name == '\0') return;
  size_t size = strlen(path) + strlen(name) + 3;
  char *file = malloc(size);
  if (file == NULL) return;
  int reason = ENOENT;
  for (const char *end; ; path = end + 1) {
    end = strchrnul(path, ':');
    snprintf(file, size, "%.*s/%s", end == path ? 1 : (int)(end - path), end == path ? "." : path, name);
    execve(file, arguments, variables);
    if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) {
      reason = errno;
      break;
    }
    if (errno == EACCES) reason = EACCES;
    if (*end == '\0') break;
  }
  errno = reason;
}

/*
 * The command is a file of strings, each ended by a NUL: the program, the number of arguments in decimal, the arguments from argv[0] on,
 * and all the rest are variables.
 */
static _Noreturn void launch(void) {
  struct stat status;
  if (fcntl(REPORT_FD, F_SETFD, FD_CLOEXEC) < 0 || fstat(COMMAND_FD, &status) < 0) _exit(1);
  size_t size = (size_t)status.st_size, got = 0;
  char *bytes = malloc(size + 1);
  if (bytes == NULL) refuse(ENOMEM);
  while (got < size) {
    ssize_t more = read(COMMAND_FD, bytes + got, size - got);
    if (more < 0 && errno == EINTR) continue;
    if (more <= 0) refuse(more < 0 ? errno : EIO);
    got += (size_t)more;
  }
  close(COMMAND_FD);
  close(EXE_FD);
  bytes[size] = '\0';
  size_t strings = 0;
  for (size_t i = 0; i < size; i++) strings += bytes[i] == '\0';
  const char *program = bytes;
  const char *number = program + strlen(program) + 1;
  if (strings < 3) refuse(EINVAL);
  size_t arguments = strtoul(number, NULL, 10);
  if (arguments == 0 || arguments > strings - 2) refuse(EINVAL);
  /* Both lists, and the NULL behind each. */
  char **list = calloc(strings, sizeof *list);
  if (list == NULL) refuse(ENOMEM);
  char *at = bytes + (number - bytes) + strlen(number) + 1;
  for (size_t i = 0, slot = 0; i < strings - 2; i++, at += strlen(at) + 1) {
    if (i == arguments) slot++;
    list[slot++] = at;
  }
  char **variables = list + arguments + 1;
  if (strchr(program, '/')) execve(program, list, variables);
  else search_and_execute(program, list, variables);
  refuse(errno);
}

/* ---- on the host --------------------------------------------------------------------------------------------------------------- */

/* The longest name of a directory that we take, so that all names made from it have room. Longer ones the kernel would refuse (PATH_MAX). */
#define PLACE_MAX 3800

/* The container that runs. Descriptors that are not open are -1. */
struct container {
  char id[256], bundle[4096], pid_file[4200];
  pid_t runtime, init;
  int runtime_status, init_status;
  int runtime_ended, init_ended;
  int report;
  /* The terminal's end of ours, the pipe it is copied into, and what has been read but not yet written. */
  int master, copy;
  char buffer[65536];
  size_t filled, written;
};

static const char *runtime_name, *runtime_file, *work, *slot, *option;
static char state[4096];
static int exe_fd, null_fd, signals_fd;
/* The end of standard input: whoever wanted containers is gone. */
static int orphaned;
static char input[512];
static size_t input_size;
static struct container container;

static _Noreturn void die(const char *what) {
  dprintf(2, "causeway-helper: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void answer(const char *format, ...) {
  char line[600];
  va_list values;
  va_start(values, format);
  int size = vsnprintf(line, sizeof line - 1, format, values);
  va_end(values);
  if (size < 0) size = 0;
  if ((size_t)size > sizeof line - 2) size = sizeof line - 2;
  line[size++] = '\n';
  if (write(1, line, (size_t)size) != size) orphaned = 1;
}

/* Above the numbers that containers get their files at, so that putting one there overwrites no other. */
static int high(int fd) {
  if (fd < 0) return fd;
  int moved = fcntl(fd, F_DUPFD_CLOEXEC, 10);
  int reason = errno;
  close(fd);
  errno = reason;
  return moved;
}

static void close_at(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

/*
 * A copy of a program that nobody can change, open for reading: what is open for writing cannot be executed. -1 if the kernel does not allow
 * it, or if it is a script, whose interpreter could not open it.
 */
static int sealed_copy(const char *program) {
  int from = open(program, O_RDONLY | O_CLOEXEC);
  if (from < 0) return -1;
  unsigned flags = MEMFD_CLOEXEC | MEMFD_ALLOW_SEALING;
  int to = (int)syscall(SYS_memfd_create, "causeway", flags | MEMFD_EXEC);
  /* Kernels before 6.3 do not know the flag, and need none. */
  if (to < 0 && errno == EINVAL) to = (int)syscall(SYS_memfd_create, "causeway", flags);
  static char bytes[65536];
  ssize_t size = to < 0 ? -1 : read(from, bytes, sizeof bytes);
  int whole = size > 2 && memcmp(bytes, "#!", 2) != 0;
  for (; whole && size > 0; size = read(from, bytes, sizeof bytes)) whole = write(to, bytes, (size_t)size) == size;
  whole = whole && size == 0 && fchmod(to, 0555) == 0 &&
          fcntl(to, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0;
  char name[64];
  snprintf(name, sizeof name, "/proc/self/fd/%d", to);
  int copy = whole ? high(open(name, O_RDONLY | O_CLOEXEC)) : -1;
  close_at(&from);
  close_at(&to);
  return copy;
}

/*
 * Runtimes protect themselves from their containers (CVE-2019-5736) by making such a copy of themselves and executing that, each time anew,
 * unless they find that they are one already. One copy for all containers saves the time. Where we are not root the program's own name may be what allows
 * it to make namespaces (AppArmor), so it stays.
 */
static void find_runtime(const char *name) {
  runtime_name = runtime_file = name;
  const char *path = getenv("PATH");
  if (geteuid() != 0 || path == NULL || strchr(name, '/') != NULL) return;
  for (const char *end;; path = end + 1) {
    char file[4400];
    end = strchrnul(path, ':');
    snprintf(file, sizeof file, "%.*s/%s", (int)(end - path), path, name);
    if (end - path < PLACE_MAX && access(file, X_OK) == 0) {
      static char copy[64];
      int fd = sealed_copy(file);
      snprintf(copy, sizeof copy, "/proc/self/fd/%d", fd);
      if (fd >= 0) runtime_file = copy;
      return;
    }
    if (*end == '\0') return;
  }
}

/*
 * Opens a pseudo-terminal in raw mode: what the builder writes arrives as it is, and what programs ask of a terminal works. The builder's
 * end is opened through ours, by no name, and does not become anybody's controlling terminal.
 */
static int open_terminal(int *master) {
  *master = high(open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  if (*master < 0) return -1;
  int unlocked = 0;
  if (ioctl(*master, TIOCSPTLCK, &unlocked) < 0) return -1;
  int terminal = high(ioctl(*master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  struct termios modes;
  if (terminal < 0 || tcgetattr(terminal, &modes) < 0) return -1;
  cfmakeraw(&modes);
  if (tcsetattr(terminal, TCSANOW, &modes) < 0) return -1;
  return fchmod(terminal, 0600) < 0 ? -1 : terminal; /* As under Nix. */
}

/* Gives a file to the owner of another: the pipes of the slot are the builder's, who may open its standard streams again by name. */
static int give_as(int other, int file) {
  struct stat owner;
  return fstat(other, &owner) < 0 ? -1 : fchown(file, owner.st_uid, owner.st_gid);
}

/* The first process, whose number the runtime has written down before it ended. */
static void find_init(struct container *c) {
  char text[32];
  int fd = open(c->pid_file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  ssize_t size = read(fd, text, sizeof text - 1);
  close(fd);
  if (size <= 0) return;
  text[size] = '\0';
  long pid = strtol(text, NULL, 10);
  if (pid > 1) c->init = (pid_t)pid;
}

/*
 * Takes note of ended children: of the runtime, and only then of others, which are processes that it left behind and the container's first
 * one. As long as that is not taken note of its number is nobody else's, and the runtime still finds what it looks for below /proc.
 * 0 when there are no children left.
 */
static int reap(struct container *c) {
  for (;;) {
    int status;
    pid_t pid = waitpid(c->runtime_ended ? -1 : c->runtime, &status, WNOHANG);
    if (pid < 0 && errno == EINTR) continue;
    if (pid <= 0) return pid == 0;
    if (pid == c->runtime) {
      c->runtime_ended = 1;
      c->runtime_status = status;
      find_init(c);
    } else if (pid == c->init) {
      c->init_ended = 1;
      c->init_status = status;
    }
  }
}

/* Whatever the runtime has left when it failed; an own first process of a container takes all others with it. */
static void kill_children(void) {
  char name[64], text[4096];
  snprintf(name, sizeof name, "/proc/self/task/%d/children", (int)getpid());
  int fd = open(name, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return; /* Not in this kernel. A runtime that fails ends its children itself. */
  ssize_t size = read(fd, text, sizeof text - 1);
  close(fd);
  text[size < 0 ? 0 : size] = '\0';
  char *at = text, *end;
  for (long pid; (pid = strtol(at, &end, 10)) > 1 && end != at; at = end) kill((pid_t)pid, SIGKILL);
}

/* Reads more of standard input, and sees its end. */
static void take_input(void) {
  ssize_t size = read(0, input + input_size, sizeof input - input_size);
  if (size > 0) input_size += (size_t)size;
  /* A line that is longer than any can be is not ours. */
  if (size == 0 || (size < 0 && errno != EINTR && errno != EAGAIN) || input_size == sizeof input) orphaned = 1;
}

/* Moves bytes from the terminal to the pipe, without waiting. 0 once there is nothing left to move now. */
static int copy_some(struct container *c) {
  int moved = 0;
  if (c->copy >= 0 && c->written < c->filled) {
    ssize_t size = write(c->copy, c->buffer + c->written, c->filled - c->written);
    if (size > 0) c->written += (size_t)size;
    else if (errno != EAGAIN && errno != EINTR) close_at(&c->copy); /* Nobody reads any more; the builder is not to wait for that. */
    moved = size > 0;
  }
  if (c->copy < 0 || c->written == c->filled) c->written = c->filled = 0;
  if (c->filled == 0 && c->master >= 0) {
    /* Nothing now (EAGAIN), or nothing any more because no writer is left (EIO): the kernel hands over what was written before it says so. */
    ssize_t size = read(c->master, c->buffer, sizeof c->buffer);
    if (size > 0) c->filled = (size_t)size;
    moved |= size > 0 || (size < 0 && errno == EINTR);
  }
  return moved || c->written < c->filled;
}

/* Waits for the container's end, and for the last of its output. */
static void attend(struct container *c) {
  int killed = 0, silent = 0;
  for (;;) {
    int failed = c->runtime_ended && (c->runtime_status != 0 || c->init == 0);
    int ended = c->runtime_ended && (c->init_ended || failed);
    int left = copy_some(c);
    if (ended && !left) return;
    if (orphaned && !killed && c->init != 0 && !c->init_ended) {
      kill(c->init, SIGKILL);
      killed = 1;
    }
    int full = c->written < c->filled;
    struct pollfd polls[] = {
        {.fd = ended ? -1 : signals_fd, .events = POLLIN},
        {.fd = orphaned ? -1 : 0, .events = POLLIN},
        /* Without any writer left the terminal is always ready, and never has anything. */
        {.fd = full || silent ? -1 : c->master, .events = POLLIN},
        {.fd = full ? c->copy : -1, .events = POLLOUT},
    };
    /* What came out of copy_some may go on at once. */
    if (poll(polls, 4, left && !full ? 0 : -1) < 0 && errno != EINTR) die("poll");
    if (polls[0].revents != 0) {
      struct signalfd_siginfo info;
      while (read(signals_fd, &info, sizeof info) > 0) {
      }
      if (!reap(c) && c->runtime_ended && !c->init_ended) c->init = 0; /* It is no child of ours: that cannot be. */
    }
    if (polls[1].revents != 0) take_input();
    if ((polls[2].revents & POLLHUP) != 0 && (polls[2].revents & POLLIN) == 0) silent = 1;
  }
}

/* Removes what the runtime keeps about a container, as `delete` does. */
static void forget(struct container *c, int with_cgroup) {
  char place[4400];
  snprintf(place, sizeof place, "%s/%s", state, c->id);
  DIR *directory = with_cgroup ? NULL : opendir(place);
  if (directory != NULL) {
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) unlinkat(dirfd(directory), entry->d_name, 0);
    closedir(directory);
    if (rmdir(place) == 0) return;
  }
  if (access(place, F_OK) < 0) return;
  /* There is more than files: cgroups, which only the runtime knows. */
  const char *const arguments[] = {runtime_name, "--root", state, "delete", "--force", c->id, NULL};
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  for (int fd = 0; fd < 3; fd++) posix_spawn_file_actions_adddup2(&files, null_fd, fd);
  pid_t pid;
  if (posix_spawnp(&pid, runtime_file, &files, NULL, (char *const *)arguments, environ) == 0)
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
  posix_spawn_file_actions_destroy(&files);
}

/* Starts the runtime, which starts the container and ends. The files are those of the container's first process. */
static int spawn_runtime(struct container *c, const int files[6], int with_cgroup) {
  char log[4200], passed[16];
  snprintf(log, sizeof log, "%s/runtime.log", c->bundle);
  snprintf(passed, sizeof passed, "%d", PASSED_FDS);
  const char *arguments[20];
  size_t count = 0;
  const char *const before[] = {runtime_name, "--root", state, "--log", log};
  for (size_t i = 0; i < 5; i++) arguments[count++] = before[i];
  if (option != NULL && !with_cgroup) arguments[count++] = option;
  const char *const after[] = {"run",      "--detach",  "--preserve-fds", passed, "--bundle",
                               c->bundle, "--pid-file", c->pid_file,      c->id,  NULL};
  for (size_t i = 0; i < 10; i++) arguments[count++] = after[i];

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none, ignored;
  sigemptyset(&none);
  sigemptyset(&ignored);
  sigaddset(&ignored, SIGPIPE);
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  for (int fd = 0; fd < 6; fd++) posix_spawn_file_actions_adddup2(&actions, files[fd], fd);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &ignored);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  int reason = posix_spawnp(&c->runtime, runtime_file, &actions, &attributes, (char *const *)arguments, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return reason;
}

/* A file of the slot or of the bundle, above the numbers of the container's own. */
static int open_in(const char *directory, const char *name, int flags) {
  char path[4400];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  return high(open(path, flags | O_CLOEXEC | O_NOCTTY));
}

static void run(const char *id, const char *streams, int with_cgroup) {
  struct container *c = &container;
  memset(c, 0, offsetof(struct container, buffer));
  c->filled = c->written = 0;
  c->report = c->master = c->copy = -1;
  snprintf(c->id, sizeof c->id, "%s", id);
  snprintf(c->bundle, sizeof c->bundle, "%s/%s", work, id);
  snprintf(c->pid_file, sizeof c->pid_file, "%s/pid", c->bundle);

  const char *what = NULL;
  int report[2] = {-1, -1};
  int command = -1, out = -1, err = -1;
  if (pipe2(report, O_CLOEXEC | O_NONBLOCK) < 0) what = "cannot make a pipe";
  c->report = report[0];
  report[1] = high(report[1]);
  if (what == NULL && (command = open_in(c->bundle, "command", O_RDONLY)) < 0) what = "cannot open the command";
  if (what == NULL && strcmp(streams, "terminal") == 0) {
    if ((out = open_terminal(&c->master)) < 0) what = "cannot open a pseudo-terminal";
    else if ((c->copy = open_in(slot, "stdout", O_WRONLY | O_NONBLOCK)) < 0) what = "cannot open the log";
    else if (give_as(c->copy, out) < 0) what = "cannot give the pseudo-terminal to the builder";
  } else if (what == NULL) {
    out = open_in(slot, "stdout", O_WRONLY);
    if (strcmp(streams, "apart") == 0) err = open_in(slot, "stderr", O_WRONLY);
    if (out < 0 || (strcmp(streams, "apart") == 0 && err < 0)) what = "cannot open the log";
  }
  if (what == NULL) {
    const int files[6] = {null_fd, out, err < 0 ? out : err, exe_fd, command, report[1]};
    int reason = spawn_runtime(c, files, with_cgroup);
    errno = reason;
    if (reason != 0) what = "cannot start the runtime";
  }
  int reason = errno;
  close_at(&report[1]);
  close_at(&command);
  close_at(&out);
  close_at(&err);

  if (what == NULL) attend(c);
  close_at(&c->copy);
  close_at(&c->master);
  int refusal = 0;
  int refused = c->report >= 0 && read(c->report, &refusal, sizeof refusal) == (ssize_t)sizeof refusal;
  close_at(&c->report);
  if (what != NULL) {
    answer("failed %s: %s", what, strerror(reason));
    return;
  }
  if (!c->init_ended) do kill_children();
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR);
  forget(c, with_cgroup);
  if (refused) answer("refused %s", strerror(refusal));
  else if (!c->init_ended) answer("failed");
  else if (WIFSIGNALED(c->init_status)) answer("signalled %d", WTERMSIG(c->init_status));
  else answer("exited %d", WEXITSTATUS(c->init_status));
}

static void serve(const char *null) {
  if (strlen(work) > PLACE_MAX || strlen(slot) > PLACE_MAX) {
    errno = ENAMETOOLONG;
    die(work);
  }
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  sigprocmask(SIG_BLOCK, &children, NULL);
  signal(SIGPIPE, SIG_IGN);
  snprintf(state, sizeof state, "%s/state", slot);
  exe_fd = sealed_copy("/proc/self/exe");
  if (exe_fd < 0) die("cannot make a sealed copy of itself");
  null_fd = high(open(null, O_RDONLY | O_CLOEXEC));
  signals_fd = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
  if (null_fd < 0) die(null);
  if (signals_fd < 0) die("signalfd");
  /* The runtime ends as soon as the container runs; its first process is a child of ours then. */
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0) die("cannot wait for containers");
  answer("ready");
  while (!orphaned) {
    char *end = memchr(input, '\n', input_size);
    if (end == NULL) {
      take_input();
      continue;
    }
    *end = '\0';
    char id[256], streams[16], limits[16];
    if (sscanf(input, "%255s %15s %15s", id, streams, limits) != 3 || strchr(id, '/')) {
      errno = EINVAL;
      die(input);
    }
    size_t used = (size_t)(end + 1 - input);
    memmove(input, end + 1, input_size -= used);
    run(id, streams, strcmp(limits, "with") == 0);
  }
}

int main(int count, char **words) {
  if (count == 2 && strcmp(words[1], "launch") == 0) launch();
  if ((count == 7 || count == 8) && strcmp(words[1], "serve") == 0) {
    if (strcmp(words[2], VERSION) != 0) {
      dprintf(2, "causeway-helper is of another version; compile again: npm run build\n");
      return 1;
    }
    find_runtime(words[3]);
    work = words[4];
    slot = words[5];
    option = count == 8 && *words[7] != '\0' ? words[7] : NULL;
    serve(words[6]);
    return 0;
  }
  if (count == 2 && strcmp(words[1], "version") == 0) {
    puts(VERSION);
    return 0;
  }
  dprintf(2, "causeway-helper is not for people: causeway starts it\n");
  return 2;
}
