#!/bin/sh
# Collects beside this script, with apt on Debian 12, what default.nix builds from:
#   packages/            a C toolchain, unpacked (no maintainer script runs)
#   hello-2.10.tar.gz    GNU hello, as released
#   shell/bin/busybox    a static busybox
# Nothing is installed and apt's own settings stay as they are. Run apt-get update first if package lists are old or absent.
set -eu
cd "$(dirname "$0")"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The compiler and what it loads; the libraries programs are linked with; the tools that a configure script and make call.
packages="
  gcc-12 cpp-12 binutils binutils-x86-64-linux-gnu binutils-common
  libgcc-12-dev libc6-dev linux-libc-dev libcrypt-dev
  libc6 libgcc-s1 libstdc++6 libbinutils libctf0 libctf-nobfd0 libgprofng0 libcc1-0 libisl23 libmpc3 libmpfr6 libgmp10 libjansson4 zlib1g libzstd1
  libgomp1 libitm1 libatomic1 libasan8 liblsan0 libtsan2 libubsan1 libquadmath0
  bash coreutils sed grep gawk diffutils findutils make tar gzip bzip2 xz-utils file perl-base patchelf
  libtinfo6 libreadline8 libacl1 libattr1 libselinux1 libpcre2-8-0 libsigsegv2 liblzma5 libbz2-1.0 libcrypt1 libnsl2 libtirpc3 libmagic1
  busybox-static
"
mkdir "$work/debs"
# apt drops its privileges to a user that cannot write in our directory; it says so and goes on as root.
# shellcheck disable=SC2086
(cd "$work/debs" && apt-get download -q $packages >"$work/log" 2>&1) || { cat "$work/log" >&2; exit 1; }

rm -rf packages shell
mkdir -p packages shell/bin
for deb in "$work"/debs/*.deb; do
  case $deb in
    # Some versions put it into /bin, some into /usr/bin.
    */busybox-static_*) dpkg-deb -x "$deb" "$work/busybox" && find "$work/busybox" -path '*bin/busybox' -exec cp {} shell/bin/ \; ;;
    *) dpkg-deb -x "$deb" packages ;;
  esac
done

# The source package comes from the same archive, through source lists of our own.
mkdir -p "$work/lists/partial" "$work/source"
sed 's/^Types:.*/Types: deb-src/' /etc/apt/sources.list.d/debian.sources >"$work/src.sources"
fromSource() { apt-get -q -o Dir::Etc::sourcelist="$work/src.sources" -o Dir::Etc::sourceparts=- -o Dir::State::Lists="$work/lists" "$@"; }
(cd "$work/source" && fromSource update && fromSource source --download-only hello) >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
cp "$work"/source/hello_2.10.orig.tar.gz hello-2.10.tar.gz
