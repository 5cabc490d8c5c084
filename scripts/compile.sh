# Compiles everything, the helper program too, and gathers the program into the bundle that cli/bin/causeway prefers. `tsc` and `rolldown` are in PATH.
set -eu
tsc -b
sh scripts/build-helper.sh
# The bundle is as old as the moment before its modules were read: whatever is compiled meanwhile is newer, and is run in its place.
stamp=$(mktemp)
trap 'rm -f "$stamp"' EXIT
rolldown -c >/dev/null
touch -r "$stamp" cli/dist/bundle/main.js
