#!/bin/sh
# Compiles the executor's helper program into executor/dist/helper, unless it is there and its source has not changed. Without a C compiler
# that can link statically there is no helper, and builds run without it: `causeway doctor` says what they miss.
set -eu
cd "$(dirname "$0")/.."
source=executor/helper/causeway-helper.c
program=executor/dist/helper/causeway-helper

# The source that it was made from lies beside it.
if [ -x "$program" ] && cmp -s "$source" "$program.c"; then exit 0; fi
mkdir -p "${program%/*}"
new=$program.$$
trap 'rm -f "$new" "$new.c"' EXIT
cp "$source" "$new.c"
# glibc first: its words for errors are those that Nix prints.
for compiler in ${CC:+"$CC"} cc gcc musl-gcc clang tcc; do
  command -v "$compiler" >/dev/null 2>&1 || continue
  # What does not run here is not used either.
  if "$compiler" -std=c11 -Os -static -o "$new" "$source" 2>/dev/null && "$new" version >/dev/null 2>&1; then
    # Each appears as a whole, the program first: a build that comes between compiles once more.
    mv "$new" "$program"
    mv "$new.c" "$program.c"
    exit 0
  fi
done
rm -f "$program" "$program.c"
echo "causeway: no C compiler that links statically: builds will run without the helper program (see 'causeway doctor')" >&2
