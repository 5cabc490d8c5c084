/* Namespaces in which the folder `root` of the working directory is /. The builder is their first process, and we are outside. */
#pragma once
#include "task.h"
#include <sys/types.h>

/* Runs the task in namespaces of its own. @returns our exit code. */
int run_wrapped(struct task *task);

/* Makes all of the root but /proc, which shows processes. Ends with NO_NAMESPACES where the worker does not let us. */
void prepare_root(const struct task *task);

/* As fork, for the first process of a namespace of processes. */
pid_t fork_first(void);

/* For the child: makes the root what it was prepared for, for us both, and a user of whom nobody is root. */
void enter_root(void);

/* For the parent, when the child has entered: gives it the ids of a builder, and finds `out` again from where we are now. */
void leave_root(struct task *task, pid_t child);
