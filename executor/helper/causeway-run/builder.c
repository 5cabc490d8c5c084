#define _GNU_SOURCE
#include "builder.h"
#include "archive.h"
#include "canonical.h"
#include "confine.h"
#include "inputs.h"
#include "log.h"
#include "report.h"
#include "wrapped.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Between us and the process that becomes the builder. */
struct start {
  /* It goes on when it gets a byte, and ends when this closes: we are gone. */
  int go[2];
  /* A byte when it is ready for its ids, and the reason if the builder cannot be executed. */
  int failure[2];
  struct log log;
};

static _Noreturn void become_builder(const struct task *task, const struct start *start) {
  char byte;
  close(start->go[1]);
  close(start->failure[0]);
  if (task->is_wrapped) {
    enter_root();
    if (write(start->failure[1], "", 1) < 0) _exit(BROKEN);
  }
  if (read(start->go[0], &byte, 1) != 1) _exit(BROKEN);
  if (task->is_wrapped && (setresgid(BUILD_GID, BUILD_GID, BUILD_GID) < 0 || setresuid(BUILD_UID, BUILD_UID, BUILD_UID) < 0))
    give_up(NO_NAMESPACES, "setresuid");
  setsid();
  umask(022);
  int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing >= 0) dup2(nothing, 0);
  /* After all that would undo it. Whoever died before it has closed the pipe. */
  struct pollfd parent = {start->go[0], POLLIN, 0};
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || poll(&parent, 1, 0) != 0) _exit(BROKEN);
  confine();
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGPIPE, SIG_DFL);
  dup2(start->log.written, 1);
  dup2(start->log.written, 2);
  const char *file = task->builder[0];
  const char *slash = strrchr(file, '/');
  if (slash != NULL) task->builder[0] = (char *)slash + 1;
  execve(file, task->builder, task->environment);
  int reason = errno;
  if (write(start->failure[1], &reason, sizeof reason) < 0) _exit(BROKEN);
  _exit(1);
}

/* Each directory of a path stays open while its children are read. Not for the builder, which counts what it may open. */
static void raise_limits(void) {
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur >= DEPTH_MAX + 64) return;
  files.rlim_cur = files.rlim_max < DEPTH_MAX + 64 ? files.rlim_max : DEPTH_MAX + 64;
  setrlimit(RLIMIT_NOFILE, &files);
}

/* Writes how the builder ended. @returns the exit code that says so. */
static int report_end(FILE *report, const struct task *task, enum builder_end end, int refused, int status) {
  if (refused != 0) {
    printf("error: executing '%s': %s\n", task->builder[0], strerror(refused));
    fflush(stdout);
    fprintf(report, "builder refused %d\n", refused);
    return 1;
  }
  if (end != ENDED) {
    fprintf(report, end == SILENT ? "builder silent %ld\n" : "builder talkative %ld\n", end == SILENT ? task->silence_s : task->log_bytes);
    return 1;
  }
  if (WIFSIGNALED(status)) {
    fprintf(report, "builder signalled %d\n", WTERMSIG(status));
    return 128 + WTERMSIG(status);
  }
  fprintf(report, "builder exited %d\n", WEXITSTATUS(status));
  return WEXITSTATUS(status);
}

int run(struct task *task) {
  struct start start;
  take_words(task);
  if (task->builder[0] == NULL) give_up(BROKEN, "no builder");
  open_log(&start.log);
  if (task->is_wrapped) {
    prepare_root(task);
  } else {
    restore_links(0);
    make_canonical("/nix/store");
    set_us_aside(task);
  }
  if (pipe2(start.go, O_CLOEXEC) < 0 || pipe2(start.failure, O_CLOEXEC) < 0) give_up(BROKEN, "pipe");
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  signal(SIGPIPE, SIG_IGN);
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  sigprocmask(SIG_BLOCK, &children, NULL);
  pid_t builder = task->is_wrapped ? fork_first() : fork();
  if (builder < 0) give_up(task->is_wrapped ? NO_NAMESPACES : BROKEN, "fork");
  if (builder == 0) become_builder(task, &start);
  close(start.go[0]);
  close(start.failure[1]);
  close(start.log.written);
  char byte;
  if (task->is_wrapped) {
    if (read(start.failure[0], &byte, 1) != 1) _exit(NO_NAMESPACES);
    leave_root(task, builder);
  }
  if (write(start.go[1], "", 1) < 0) give_up(BROKEN, "pipe");
  int refused = 0, status = 0;
  if (read(start.failure[0], &refused, sizeof refused) != sizeof refused) refused = 0;
  enum builder_end end = follow_builder(builder, &start.log, task, &status);
  /*
   * Nobody writes to outputs while they are read. With the first process of a namespace all others of it have ended; otherwise only the builder's
   * group is ours to kill.
   */
  if (!task->is_wrapped) kill(-builder, SIGKILL);
  while (waitpid(-1, NULL, task->is_wrapped ? 0 : WNOHANG) > 0 || errno == EINTR) errno = 0;

  raise_limits();
  char name[4200];
  if (!task->is_wrapped && make_directories(task->out) < 0) give_up(BROKEN, task->out);
  snprintf(name, sizeof name, "%s/report", task->out);
  FILE *report = fopen(name, "wx");
  if (report == NULL) give_up(BROKEN, "writing the report");
  fprintf(report, "causeway-report " VERSION "\n");
  int code = report_end(report, task, end, refused, status);
  if (code == 0)
    for (size_t i = 0; i < task->count; i++)
      if (report_output(report, task->outputs[i], task->out, i, task->always_packs) < 0) code = 1;
  fprintf(report, "end\n");
  if (fclose(report) != 0) give_up(BROKEN, "writing the report");
  return code;
}
