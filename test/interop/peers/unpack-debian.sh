#!/bin/sh
# unpack-debian.sh SUITE DIRECTORY PACKAGE... : unpacks packages of a Debian suite, with all they depend on, as a root file system in DIRECTORY/root.
# Nothing is installed in this system and no maintainer script runs. The mirror is the one that this machine's apt uses.
set -eu
suite=$1 directory=$2
shift 2
root=$directory/root apt=$directory/apt
say() { echo "unpack-debian: $*" >&2; }

mirror=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' 2>/dev/null | awk '$2 == "main" && $1 !~ /security/ { print $1; exit }')
[ -n "$mirror" ] || mirror=$(sed -n 's/^URIs:[[:space:]]*\([^[:space:]]*\).*/\1/p' /etc/apt/sources.list.d/*.sources | head -n 1)
[ -n "$mirror" ] || { say "apt on this machine has no Debian mirror in its sources"; exit 1; }

mkdir -p "$root" "$apt/lists/partial" "$apt/archives/partial" "$apt/state"
: >"$apt/state/status"
cat >"$apt/suite.sources" <<END
Types: deb
URIs: $mirror
Suites: $suite
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
END
with_own_state() {
  program=$1
  shift
  "$program" -o Dir::Etc::SourceList="$apt/suite.sources" -o Dir::Etc::SourceParts=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
    -o Dir::State="$apt/state" -o Dir::State::Lists="$apt/lists" -o Dir::State::Status="$apt/state/status" \
    -o Dir::Cache::Archives="$apt/archives" -o Dir::Cache::PkgCache= -o Dir::Cache::SrcPkgCache= \
    -o APT::Install-Recommends=0 -o APT::Sandbox::User=root -o APT::Update::Post-Invoke= -o Acquire::Languages=none \
    -o Acquire::Retries=3 -o Debug::NoLocking=1 -qq "$@"
}
with_own_state apt-get update || { say "the index of $suite cannot be had from $mirror"; exit 1; }
with_own_state apt-get -y --download-only install "$@" >&2 || { say "packages of $suite cannot be had from $mirror"; exit 1; }

# Packages of older suites have files in both /bin and /usr/bin: one directory for both, as on every installed system.
for name in bin sbin lib lib64; do
  mkdir -p "$root/usr/$name"
  ln -sfn "usr/$name" "$root/$name"
done
for package in "$apt/archives"/*.deb; do
  dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink -C "$root"
done

# What maintainer scripts would have made.
cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
[ -e "$root/bin/sh" ] || ln -s dash "$root/bin/sh"
[ -e "$root/usr/bin/awk" ] || ln -s gawk "$root/usr/bin/awk"
[ ! -e "$root/usr/bin/gcc" ] || ln -sf gcc "$root/usr/bin/cc"
for java in "$root"/usr/lib/jvm/java-*-openjdk-*/bin/java "$root"/usr/lib/jvm/java-*-openjdk-*/bin/javac; do
  [ ! -x "$java" ] || ln -sf "${java#"$root"}" "$root/usr/bin/${java##*/}"
done
# Debian's Bazel looks for the native part of zstd beside itself.
for jni in "$root"/usr/lib/*/libzstd-jni.so "$root"/usr/lib/*/jni/libzstd-jni.so; do
  [ ! -e "$jni" ] || [ ! -d "$root/usr/share/bazel" ] || ln -sf "${jni#"$root"}" "$root/usr/share/bazel/"
done
mkdir -p "$root/proc" "$root/sys" "$root/dev" "$root/run" "$root/root" "$root/tmp" "$root/var/tmp"
chmod 1777 "$root/tmp" "$root/var/tmp"
echo '127.0.0.1 localhost' >"$root/etc/hosts"
echo 'hosts: files' >"$root/etc/nsswitch.conf"
chroot "$root" /sbin/ldconfig
rm -rf "$apt"
