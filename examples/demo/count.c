#include <stdio.h>
#include <stdlib.h>
#include <words.h>

int main(int argc, char **argv) {
  char *greeting = words_greeting();
  if (greeting == NULL) {
    fputs("count: the library's data file is missing\n", stderr);
    return 1;
  }
  puts(greeting);
  for (int i = 1; i < argc; i++) printf("%lu words: %s\n", words_count(argv[i]), argv[i]);
  free(greeting);
  return 0;
}
