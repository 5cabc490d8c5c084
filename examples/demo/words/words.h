#ifndef WORDS_H
#define WORDS_H

/* Counts the words of a text: runs of characters that are not blanks. */
unsigned long words_count(const char *text);

/* A greeting from the library's own data file, or NULL if it cannot be read. The caller frees it. */
char *words_greeting(void);

#endif
