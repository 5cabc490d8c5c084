#!/bin/sh
# enter-root.sh ROOT WORKING_DIRECTORY DIRECTORY... -- PROGRAM ARGUMENT... : runs a program with ROOT as its root file system, and with /dev, /proc,
# /sys and the given directories of this machine at their places. A mount namespace of its own: nothing is left when the program ends.
set -eu
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
if [ "${ENTER_ROOT_INSIDE:-}" != 1 ]; then
  case $(id -u) in
    0) exec env ENTER_ROOT_INSIDE=1 unshare --mount --propagation private -- "$0" "$@" ;;
    *) exec env ENTER_ROOT_INSIDE=1 unshare --user --map-root-user --mount --propagation private -- "$0" "$@" ;;
  esac
fi
unset ENTER_ROOT_INSIDE
root=$1 directory=$2
shift 2
# Mounted on itself, so that it is a mount point and what is below can be a root of other containers.
mount --rbind "$root" "$root"
for place in /dev /proc /sys; do mount --rbind "$place" "$root$place"; done
while [ "$1" != -- ]; do
  mkdir -p "$root$1"
  mount --rbind "$1" "$root$1"
  shift
done
shift
# A root of the namespace (and not only of the process): what runs in it can make namespaces of users, and containers, in turn.
cd "$root"
pivot_root . .
umount --lazy .
cd "$directory"
exec "$@"
