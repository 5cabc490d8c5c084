/*
 * The short way of `causeway stdio`, where a daemon runs already: hands bytes on between standard input and output and the daemon's socket.
 * Nix starts a remote builder's program once for each derivation; Node needs ten times as long to start as all the rest of it takes.
 *
 *   causeway-join NODE MAIN stdio [OPTION]...
 *
 * Becomes `NODE MAIN stdio [OPTION]...`, which is the long way, whenever nobody listens there, or an option is not known here: all answers to a
 * person, and the start of a daemon, are in one place. It has to agree with cli/src/commands/stdio.ts and cli/src/compose/state-directory.ts.
 *
 *   causeway-join version
 *
 * Build: cc -std=c11 -O2 -static -pthread. Linux only; nothing but libc.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* What one read takes: as much as a pipe holds. */
#define PIECE_BYTES (64 * 1024)

/* Options that say how the daemon is to be, which runs already; each has a value. */
static const char *const OF_THE_DAEMON[] = {
  "--idle",    "--cores",    "--max-jobs", "-j",       "--timeout", "--max-silent-time", "--secret-key-file", "--substituters",
  "--remote",  "--profile",  "--header",   "--platform", "--ca",    "--cert",            "--key",             "--store",
};

struct options {
  const char *state;
  const char *socket;
};

/* The value of an option that is written as `--name value` or `--name=value`; NULL if this is another option. Steps over the former. */
static const char *value_of(const char *name, char **words, int count, int *at) {
  const size_t length = strlen(name);
  const char *word = words[*at];
  if (strncmp(word, name, length) != 0) return NULL;
  if (word[length] == '=' && name[1] == '-') return word + length + 1;
  if (word[length] != '\0' || *at + 1 >= count) return NULL;
  *at += 1;
  return words[*at];
}

/* Whether all of the command line is known. */
static bool parse(char **words, int count, struct options *options) {
  for (int i = 0; i < count; i++) {
    if (strcmp(words[i], "--stdio") == 0 || strcmp(words[i], "--process-ops") == 0) continue;
    const char *value;
    if ((value = value_of("--state", words, count, &i)) != NULL) {
      options->state = value;
      continue;
    }
    if ((value = value_of("--socket", words, count, &i)) != NULL) {
      options->socket = value;
      continue;
    }
    bool known = false;
    for (size_t k = 0; !known && k < sizeof OF_THE_DAEMON / sizeof *OF_THE_DAEMON; k++)
      known = value_of(OF_THE_DAEMON[k], words, count, &i) != NULL;
    if (!known) return false;
  }
  return true;
}

static bool is_set(const char *text) { return text != NULL && text[0] != '\0'; }

/* Where the daemon of the state listens. */
static bool socket_of(const struct options *options, char path[PATH_MAX]) {
  const char *state = options->state != NULL ? options->state : getenv("CAUSEWAY_STATE");
  int length;
  if (options->socket != NULL) length = snprintf(path, PATH_MAX, "%s", options->socket);
  else if (is_set(state)) length = snprintf(path, PATH_MAX, "%s/nix.sock", state);
  else if (is_set(getenv("XDG_STATE_HOME"))) length = snprintf(path, PATH_MAX, "%s/causeway/nix.sock", getenv("XDG_STATE_HOME"));
  else if (getuid() == 0) length = snprintf(path, PATH_MAX, "/var/lib/causeway/nix.sock");
  else if (is_set(getenv("HOME"))) length = snprintf(path, PATH_MAX, "%s/.local/state/causeway/nix.sock", getenv("HOME"));
  else return false;
  return length > 0 && length < PATH_MAX;
}

/* A connection; -1 if there is nobody. One whose path is too long for an address is reached through its directory. */
static int connect_to(char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int directory = -1;
  int length;
  if (strlen(path) < sizeof address.sun_path) length = snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  else {
    char *slash = strrchr(path, '/');
    if (slash == NULL) return -1;
    *slash = '\0';
    directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return -1;
    length = snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", directory, slash + 1);
  }
  int connection = -1;
  if (length > 0 && (size_t)length < sizeof address.sun_path) connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connection >= 0 && connect(connection, (struct sockaddr *)&address, sizeof address) != 0) {
    close(connection);
    connection = -1;
  }
  if (directory >= 0) close(directory);
  return connection;
}

/* Until the end of the source, or until the target takes no more. */
static void copy(int source, int target) {
  char piece[PIECE_BYTES];
  for (;;) {
    const ssize_t size = read(source, piece, sizeof piece);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return;
    for (ssize_t done = 0; done < size;) {
      const ssize_t written = write(target, piece + done, (size_t)(size - done));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return;
      done += written;
    }
  }
}

static void *copy_up(void *connection) {
  copy(STDIN_FILENO, *(int *)connection);
  shutdown(*(int *)connection, SHUT_WR);
  return NULL;
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "version") == 0) return puts("1") < 0;
  if (argc < 4) return 64;
  struct options options = {0};
  char path[PATH_MAX];
  int connection = -1;
  if (parse(argv + 4, argc - 4, &options) && socket_of(&options, path)) connection = connect_to(path);
  if (connection < 0) {
    execv(argv[1], argv + 1);
    perror("causeway: cannot start node");
    return 1;
  }
  /* Whoever reads us may go: that is no failure of ours. */
  signal(SIGPIPE, SIG_IGN);
  pthread_t up;
  if (pthread_create(&up, NULL, copy_up, &connection) != 0) {
    perror("causeway");
    return 1;
  }
  copy(connection, STDOUT_FILENO);
  /* The daemon has said everything; what is still to come for it is not waited for. */
  return 0;
}
