/* What the helper is asked to do, and how it says that it cannot. */
#pragma once
#include <stddef.h>

/* Changes with the arguments and the report, which causeway-run.c describes. */
#define VERSION "2"

enum { NO_NAMESPACES = 200, BROKEN = 201, BUILD_UID = 1000, BUILD_GID = 100 };

struct task {
  int is_wrapped, has_network, always_packs;
  /* No builder could become the owner of the inputs. */
  int inputs_are_nobodys;
  /* 0: no limit. */
  long silence_s, log_bytes;
  const char *self, *out;
  char **outputs;
  size_t count;
  char **builder; /* With its arguments. */
  char **environment;
};

/* Ends the helper with what is wrong as the last line of output. */
_Noreturn void give_up(int code, const char *what);
