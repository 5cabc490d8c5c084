/* What the builder left, for whoever compares it with what the cluster returns. */
#pragma once
#include <stddef.h>
#include <stdio.h>

/* Says of one output what it is. 0 if the cluster can carry it. */
int report_output(FILE *report, const char *output, const char *out, size_t number, int always_packs);
