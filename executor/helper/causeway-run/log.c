#define _GNU_SOURCE
#include "log.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* In raw mode: what is written arrives as it is. The builder's end is opened through ours, by no name, and becomes nobody's controlling terminal. */
static int open_terminal(struct log *log) {
  struct termios modes;
  int unlocked = 0;
  log->read = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (log->read < 0) return -1;
  log->written = ioctl(log->read, TIOCSPTLCK, &unlocked) < 0 ? -1 : ioctl(log->read, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (log->written >= 0 && tcgetattr(log->written, &modes) == 0) {
    cfmakeraw(&modes);
    if (tcsetattr(log->written, TCSANOW, &modes) == 0 && fchmod(log->written, 0600) == 0) return 0;
  }
  if (log->written >= 0) close(log->written);
  close(log->read);
  return -1;
}

void open_log(struct log *log) {
  int ends[2];
  if (open_terminal(log) == 0) return;
  if (pipe2(ends, O_CLOEXEC) < 0) give_up(BROKEN, "pipe");
  log->read = ends[0];
  log->written = ends[1];
}

static long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What nobody reads is lost, and no reason to fail. */
static void hand_on(const char *bytes, ssize_t size) {
  while (size > 0) {
    ssize_t written = write(1, bytes, (size_t)size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    bytes += written;
    size -= written;
  }
}

/* 1 if the builder is among the children that have ended. */
static int reap(pid_t builder, int *status) {
  int is_builder = 0, how;
  for (pid_t ended; (ended = waitpid(-1, &how, WNOHANG)) > 0;)
    if (ended == builder) {
      is_builder = 1;
      *status = how;
    }
  return is_builder;
}

/* More than terminals and pipes hold. */
enum { LAST_WORDS_MAX = 1 << 21 };

enum builder_end follow_builder(pid_t builder, const struct log *log, const struct task *task, int *status) {
  static char bytes[1 << 16];
  enum builder_end end = ENDED;
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  struct pollfd from[2] = {{log->read, POLLIN, 0}, {signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK), POLLIN, 0}};
  if (from[1].fd < 0 || fcntl(log->read, F_SETFL, O_NONBLOCK) < 0) give_up(BROKEN, "signalfd");
  long said = 0, last_ms = now_ms();
  ssize_t late = 0;
  int has_ended = 0;
  do {
    long left_ms = -1;
    if (task->silence_s > 0 && (left_ms = last_ms + task->silence_s * 1000 - now_ms()) <= 0) {
      end = SILENT;
      break;
    }
    if (poll(from, 2, left_ms > 3600000 ? 3600000 : (int)left_ms) < 0 && errno != EINTR) give_up(BROKEN, "poll");
    struct signalfd_siginfo signals[16];
    if (read(from[1].fd, signals, sizeof signals) > 0) has_ended = reap(builder, status);
    /* After its end its last words, but not what others say without end who live on in the background. */
    for (ssize_t size; late < LAST_WORDS_MAX && ((size = read(log->read, bytes, sizeof bytes)) != -1 || errno != EAGAIN);) {
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) {
        /* Nobody has the other end any more. Nix ends such builders; our own executor waits for them, and so do we. */
        from[0].fd = -1;
        break;
      }
      said += size;
      last_ms = now_ms();
      if (task->log_bytes > 0 && said > task->log_bytes) {
        end = TALKATIVE;
        break;
      }
      hand_on(bytes, size);
      if (!has_ended) break;
      late += size;
    }
  } while (!has_ended && end == ENDED);
  if (!has_ended) {
    kill(builder, SIGKILL);
    while (waitpid(builder, status, 0) < 0)
      if (errno != EINTR) give_up(BROKEN, "waitpid");
  }
  close(from[1].fd);
  return end;
}
