#!/bin/sh
# Everything that CI checks, in one command. Arguments go to Vitest: `npm test -- bridge/test/formats`.
set -eu
. "$(dirname "$0")/prepare.sh"
prepare_system nix-bin=nix-build crun=crun runc=runc busybox-static=/bin/busybox gcc=gcc openssl=openssl
prepare_node
npm run --silent check
npm run --silent lint
npm run --silent format:check
exec vitest run "$@"
