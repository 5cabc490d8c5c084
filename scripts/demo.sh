#!/bin/sh
# Builds examples/demo and runs what came out of it. State is kept in .cache/demo, so that a second run shows that nothing is built again.
set -eu
. "$(dirname "$0")/prepare.sh"
prepare_system nix-bin=nix-instantiate crun=crun busybox-static=/bin/busybox tcc=tcc "musl-dev=/usr/include/$(uname -m)-linux-musl"
prepare_node
sh examples/demo/run.sh
