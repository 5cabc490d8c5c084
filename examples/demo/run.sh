#!/bin/sh
# Builds the demo with Causeway and shows what came of it. State is kept in .cache/demo, so that a second run builds nothing.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
CAUSEWAY_STATE=$root/.cache/demo/state
# The derivations are written into a store of their own: the machine's stays as it is.
NIX_REMOTE=$root/.cache/demo/evaluation
# nix-instantiate as root warns where Nix's build users do not exist; it builds nothing here.
NIX_CONFIG=${NIX_CONFIG-build-users-group =}
export CAUSEWAY_STATE NIX_REMOTE NIX_CONFIG
PATH=$root/cli/bin:$PATH

say() { printf '\n%s\n' "$*" >&2; }

mkdir -p "$root/.cache/demo"
say "\$ causeway build -f examples/demo -A report -A count"
paths=$(causeway build -f "$here" -A report -A count)
printf '%s\n' "$paths"
for path in $paths; do
  case $path in
    *-report) say "\$ causeway store cat $path"; causeway store cat "$path" ;;
    *-count-*) say "\$ causeway path-info -r $path"; causeway path-info -r "$path" ;;
  esac
done
