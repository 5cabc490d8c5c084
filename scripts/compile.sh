# Compiles everything, the helper program too, and gathers the program into the bundle that cli/bin/causeway prefers. `tsc` and `rolldown` are in PATH.
set -eu
tsc -b
sh scripts/build-helper.sh
bundle=cli/dist/bundle/main.js
fresh=yes
for input in bridge/dist/.tsbuildinfo executor/dist/.tsbuildinfo cli/dist/.tsbuildinfo package-lock.json rolldown.config.js; do
  [ "$bundle" -nt "$input" ] || fresh=no
done
# Programs that run would miss the parts of it that they have not loaded yet.
[ "$fresh" = no ] || exit 0
# The bundle is as old as the moment before its modules were read: whatever is compiled meanwhile is newer, and is run in its place.
stamp=$(mktemp)
trap 'rm -f "$stamp"' EXIT
rolldown -c >/dev/null
touch -r "$stamp" "$bundle"
