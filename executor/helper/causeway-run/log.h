/* The way of what a builder says, and the watch over it. */
#pragma once
#include "task.h"
#include <sys/types.h>

struct log {
  /* The builder's end, and ours. */
  int written, read;
};

/* A terminal if the worker has one to give, as under Nix; else a pipe. */
void open_log(struct log *log);

enum builder_end { ENDED, SILENT, TALKATIVE };

/*
 * Hands on what the builder writes to our output until it has ended, and ends it when it is silent for too long or says too much. SIGCHLD must be blocked. `status` is as from waitpid(2). Takes note of all other children too.
 */
enum builder_end follow_builder(pid_t builder, const struct log *log, const struct task *task, int *status);
