#!/bin/sh
# Runs a Buildbarn that hosts Nix builds, all of it on this machine, until it is interrupted:
#   buildbarn.sh FOLDER STATE [plain|chroot] [PORT]
# FOLDER has bb_storage, bb_scheduler, bb_worker and bb_runner; STATE is a directory for its data; clients come to PORT (8980) and the four after it
# are for its parts. 'plain' runners (the default) want a kernel that lets users make namespaces, 'chroot' runners want root.
set -eu
folder=$1 state=$2 kind=${3:-plain} port=${4:-8980}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$state/build" "$state/cas/state" "$state/ac/state"
mkdir -p -m 700 "$state/cache"
# Runners that change their user still come to what is below.
chmod 755 "$state"
export DIRECTORY="$state" STORAGE="127.0.0.1:$port" STORAGE_PORT="$port" CLIENT_PORT=$((port + 1)) WORKER_PORT=$((port + 2)) \
  ADMIN_PORT=$((port + 3)) STATE_PORT=$((port + 4)) CHROOT=$([ "$kind" = chroot ] && echo true || echo false)
started=
trap 'kill $started 2>/dev/null; wait' EXIT
trap 'exit 0' INT TERM
for part in storage scheduler runner worker; do
  PART=$part "$folder/bb_$part" "$here/buildbarn.jsonnet" &
  started="$started $!"
done
echo "grpc://127.0.0.1:$port"
wait
