/* One build, from the start of the builder to the report. */
#pragma once
#include "task.h"

/* Runs the builder, waits until nothing of it is left, and reports. @returns our exit code. */
int run(struct task *task);
