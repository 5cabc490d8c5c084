#define _GNU_SOURCE
#include "confine.h"
#include "task.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* System calls that are refused, and which of their arguments is a file's mode; -1: they are refused in any case. */
struct rule {
  uint32_t number;
  int mode_argument;
};

/* The numbers are those of the kernel's tables for each processor. */
struct processor {
  uint32_t architecture;
  /* Bits of a call's number that say something else (x32, on x86-64). */
  uint32_t ignored;
  struct rule rules[8];
};

static const struct processor PROCESSORS[] = {
#if defined(__x86_64__) || defined(__i386__)
    {AUDIT_ARCH_X86_64, 0x40000000, {{90, 1}, {91, 1}, {268, 2}, {452, 2}, {188, -1}, {189, -1}, {190, -1}, {0, 0}}},
    {AUDIT_ARCH_I386, 0, {{15, 1}, {94, 1}, {306, 2}, {452, 2}, {226, -1}, {227, -1}, {228, -1}, {0, 0}}},
#elif defined(__aarch64__)
    {AUDIT_ARCH_AARCH64, 0, {{52, 1}, {53, 2}, {452, 2}, {5, -1}, {6, -1}, {7, -1}, {0, 0}}},
    {AUDIT_ARCH_ARM, 0, {{15, 1}, {94, 1}, {333, 2}, {452, 2}, {226, -1}, {227, -1}, {228, -1}, {0, 0}}},
#endif
    {0, 0, {{0, 0}}},
};

static void add(struct sock_fprog *program, uint16_t code, uint8_t if_true, uint8_t if_false, uint32_t value) {
  program->filter[program->len++] = (struct sock_filter){code, if_true, if_false, value};
}

static void load(struct sock_fprog *program, size_t offset) { add(program, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset); }

/* No file gets the set-user-id or set-group-id bit (EPERM), and none gets extended attributes (ENOTSUP): archives hold neither. */
static void filter_calls(void) {
  static struct sock_filter filter[128];
  struct sock_fprog program = {0, filter};
  for (const struct processor *here = PROCESSORS; here->architecture != 0; here++) {
    load(&program, offsetof(struct seccomp_data, arch));
    size_t other = program.len;
    add(&program, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, here->architecture);
    load(&program, offsetof(struct seccomp_data, nr));
    if (here->ignored != 0) add(&program, BPF_ALU | BPF_AND | BPF_K, 0, 0, ~here->ignored);
    for (const struct rule *rule = here->rules; rule->number != 0; rule++) {
      if (rule->mode_argument < 0) {
        add(&program, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, rule->number);
        add(&program, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EOPNOTSUPP);
        continue;
      }
      add(&program, BPF_JMP | BPF_JEQ | BPF_K, 0, 4, rule->number);
      /* The lower half of the argument: both processors are little-endian. */
      load(&program, offsetof(struct seccomp_data, args) + 8 * (size_t)rule->mode_argument);
      add(&program, BPF_JMP | BPF_JSET | BPF_K, 0, 1, S_ISUID | S_ISGID);
      add(&program, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EPERM);
      add(&program, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
    }
    add(&program, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
    filter[other].jf = (uint8_t)(program.len - other - 1);
  }
  add(&program, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0 || errno == EINVAL) return;
  give_up(BROKEN, "seccomp");
}

/* Runners leave some open. */
static void close_files(void) {
#ifdef SYS_close_range
  if (syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
#endif
  for (int file = 3; file < 1024; file++) fcntl(file, F_SETFD, FD_CLOEXEC);
}

void confine(void) {
  close_files();
  struct rlimit core;
  if (getrlimit(RLIMIT_CORE, &core) == 0) {
    core.rlim_cur = 0;
    setrlimit(RLIMIT_CORE, &core);
  }
  int now = personality(0xffffffff);
  if (now != -1) personality((unsigned long)now | ADDR_NO_RANDOMIZE);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  filter_calls();
}
