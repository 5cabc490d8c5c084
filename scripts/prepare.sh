# Sourced by the scripts beside it: brings a fresh checkout to the point where the program runs. Needs Node >= 20 with npm; as root on
# Debian it installs the missing system packages, otherwise it says which are missing.

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"

say() { printf '%s\n' "$*" >&2; }

# prepare_node: node_modules as the lock file wants it (with the Node 24 that everything runs on), and the compiled program.
prepare_node() {
  command -v npm >/dev/null 2>&1 || { say "causeway: npm is missing; install Node.js 20 or later with npm"; exit 1; }
  if ! cmp -s package-lock.json node_modules/.causeway-lock; then
    say "installing npm packages"
    npm ci --no-audit --no-fund --loglevel=error >&2
    cp package-lock.json node_modules/.causeway-lock
  fi
  PATH="$root/node_modules/.bin:$PATH"
  export PATH
  sh scripts/compile.sh
}

# prepare_system PACKAGE=PROGRAM...: Debian packages whose program is not there yet.
prepare_system() {
  missing=
  for pair in "$@"; do
    [ -e "${pair#*=}" ] || command -v "${pair#*=}" >/dev/null 2>&1 || missing="$missing ${pair%%=*}"
  done
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    say "installing Debian packages:$missing"
    log=$(mktemp)
    # Ours to remove whether or not apt succeeds; its output matters only when it fails.
    if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
      cat "$log" >&2; rm -f "$log"; exit 1
    fi
    rm -f "$log"
  else
    say "causeway: these Debian packages are missing:$missing"
    say "          install them as root: apt-get install$missing"
    exit 1
  fi
}
