#include "words.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned long words_count(const char *text) {
  unsigned long count = 0;
  int inside = 0;
  for (; *text != '\0'; text++) {
    int blank = isspace((unsigned char)*text);
    if (!blank && !inside) count++;
    inside = !blank;
  }
  return count;
}

/* WORDS_DATA is the store path of the data file. It is what makes a program that contains this code refer to the library. */
char *words_greeting(void) {
  char line[256];
  FILE *file = fopen(WORDS_DATA, "r");
  if (file == NULL) return NULL;
  char *got = fgets(line, sizeof line, file);
  fclose(file);
  if (got == NULL) return NULL;
  line[strcspn(line, "\n")] = '\0';
  return strdup(line);
}
