#!/bin/sh
# Runs a BuildGrid with one BuildBox worker that hosts Nix builds, until it is interrupted:
#   buildgrid.sh DATABASE STATE [PORT]
# DATABASE is an empty one of PostgreSQL, as postgresql+psycopg2://USER@HOST:PORT/NAME (with any other driver actions take a minute longer); STATE is a
# directory for its data; clients come to PORT (8980), and casd listens on the one after it. Needs bgd (pip install buildgrid psycopg2-binary),
# and of BuildBox buildbox-casd, buildbox-worker and buildbox-run-bubblewrap.
set -eu
database=$1 state=$2 port=${3:-8980}
casd=$((port + 1))
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$state/cas" "$state/casd"
sed -e "s|PORT|$port|" -e "s|DATABASE|$database|" -e "s|DIRECTORY|$state|" "$here/buildgrid.yml" >"$state/server.yml"
bgd migrate apply "$database"
# Each part ends if the one that it calls does not listen yet.
await() { until python3 -c "import socket; socket.create_connection(('127.0.0.1', $1))" 2>/dev/null; do kill -0 $! || exit 1; sleep 0.2; done; }
started=
trap 'kill $started 2>/dev/null; wait' EXIT
trap 'exit 0' INT TERM
bgd server start "$state/server.yml" &
started="$started $!"
await "$port"
buildbox-casd --cas-remote="http://127.0.0.1:$port" --bind="127.0.0.1:$casd" --log-level=warning "$state/casd" &
started="$started $!"
await "$casd"
# What it stages it copies or links: a file system of casd's own would be seen in casd's mount namespace only.
buildbox-worker --bots-remote="http://127.0.0.1:$port" --cas-remote="http://127.0.0.1:$casd" --concurrent-jobs="$(nproc)" \
  --buildbox-run="$(command -v buildbox-run-bubblewrap || echo /usr/bin/buildbox-run-bubblewrap)" --runner-arg=--staging-mode=copy-or-link \
  --platform OSFamily=linux --platform ISA=x86-64 --log-level=warning "$(hostname)" &
started="$started $!"
echo "grpc://127.0.0.1:$port"
wait
