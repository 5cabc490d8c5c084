#!/bin/sh
# Compiles the helper programs of the executor, of clusters and of the launcher into their rooms' dist/helper, unless they are there and their
# sources have not changed. Without a C compiler that can link statically there are none, and builds run without: `causeway doctor` says what they
# miss.
set -eu
cd "$(dirname "$0")/.."
missing=
trap 'rm -f "$new" "$new.c"' EXIT
for name in executor/causeway-helper executor/causeway-run cli/causeway-join; do
  text=${name%/*}/helper/${name##*/}
  sources=$text.c
  headers=
  if [ -d "$text" ]; then
    sources="$text/*.c"
    headers="$text/*.h"
  fi
  program=${name%/*}/dist/helper/${name##*/}
  new=$program.$$

  # The text that it was made from lies beside it.
  mkdir -p "${program%/*}"
  cat $headers $sources >"$new.c"
  if [ -x "$program" ] && cmp -s "$new.c" "$program.c"; then
    rm "$new.c"
    continue
  fi
  made=no
  # glibc first: its words for errors are those that Nix prints.
  for compiler in ${CC:+"$CC"} cc gcc musl-gcc clang tcc; do
    command -v "$compiler" >/dev/null 2>&1 || continue
    # What does not run here is not used either.
    if "$compiler" -std=c11 -O2 -static -pthread -s -o "$new" $sources 2>/dev/null && "$new" version >/dev/null 2>&1; then
      # Each appears as a whole, the program first: a build that comes between compiles once more.
      mv "$new" "$program"
      mv "$new.c" "$program.c"
      made=yes
      break
    fi
  done
  [ "$made" = yes ] && continue
  rm -f "$program" "$program.c" "$new.c"
  missing=yes
done
[ -z "$missing" ] || echo "causeway: no C compiler that links statically: builds will run without the helper programs (see 'causeway doctor')" >&2
