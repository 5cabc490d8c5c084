/* Asks the kernel what a shell cannot, and prints the answer on one line: the name of the errno, or "ok". */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

static int answer(const char *question, long result) {
  printf("%s: %s\n", question, result < 0 ? strerrorname_np(errno) : "ok");
  return 0;
}

static int make_socket(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  return answer("bind", bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof address));
}

static int modes(const char *path) {
  static const mode_t asked[] = {04755, 02755, 06755, 01755, 0755};
  int fd = open(path, O_RDONLY);
  for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
    char question[32];
    snprintf(question, sizeof question, "chmod %04o", asked[i]);
    answer(question, chmod(path, asked[i]));
    snprintf(question, sizeof question, "fchmod %04o", asked[i]);
    answer(question, fchmod(fd, asked[i]));
    snprintf(question, sizeof question, "fchmodat %04o", asked[i]);
    answer(question, syscall(SYS_fchmodat, AT_FDCWD, path, asked[i]));
  }
  return 0;
}

static int attributes(const char *path) {
  char value[8];
  int fd = open(path, O_RDONLY);
  answer("setxattr", setxattr(path, "user.test", "x", 1, 0));
  answer("lsetxattr", lsetxattr(path, "user.test", "x", 1, 0));
  answer("fsetxattr", fsetxattr(fd, "user.test", "x", 1, 0));
  return answer("removexattr", removexattr(path, "user.test") < 0 && errno == ENODATA ? 0 : -1) +
         answer("getxattr", getxattr(path, "user.test", value, sizeof value));
}

static int process(void) {
  gid_t groups[64];
  printf("personality: %x\n", personality(0xffffffff));
  printf("no new privileges: %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  printf("dumpable: %d\n", prctl(PR_GET_DUMPABLE));
  printf("groups: %d\n", getgroups(64, groups));
  printf("session leader: %s\n", getsid(0) == getpid() ? "yes" : "no");
  printf("process group leader: %s\n", getpgrp() == getpid() ? "yes" : "no");
  printf("nice: %d\n", getpriority(PRIO_PROCESS, 0));
  for (int fd = 3; fd < 64; fd++)
    if (fcntl(fd, F_GETFD) >= 0) printf("open descriptor: %d\n", fd);
  answer("setgroups", setgroups(0, NULL));
  answer("setuid 0", setuid(0));
  answer("mknod", mknod("device", S_IFCHR | 0600, 0x103));
  answer("chroot", chroot("."));
  answer("sethostname", sethostname("x", 1));
  return answer("unshare user namespace", unshare(CLONE_NEWUSER));
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  const char *path = argc > 2 ? argv[2] : "";
  if (!strcmp(what, "socket")) return make_socket(path);
  if (!strcmp(what, "modes")) return modes(path);
  if (!strcmp(what, "attributes")) return attributes(path);
  if (!strcmp(what, "process")) return process();
  if (!strcmp(what, "argv")) {
    for (int i = 0; i < argc; i++) printf("%d: %s\n", i, argv[i]);
    return 0;
  }
  if (!strcmp(what, "segfault")) {
    *(volatile char *)0 = 1;
    return 0;
  }
  fprintf(stderr, "probe: what?\n");
  return 2;
}
