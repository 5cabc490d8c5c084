# Makes $out from $packages: bin, lib, include and the compiler's own directories side by side, every program loading its libraries
# from $out/lib. Runs under `busybox sh -eu`; busybox's shell brings mkdir, cp, sed and so on with it.
triple=x86_64-linux-gnu
loader=$out/lib/ld-linux-x86-64.so.2

# Copies what a directory holds. Inputs are read-only, and so would the copies be: they are about to be changed.
merge() {
  mkdir -p "$2"
  cp -a "$1/." "$2/"
  chmod -R u+w "$2"
}
merge "$packages/usr/bin" "$out/bin"
merge "$packages/bin" "$out/bin"
merge "$packages/usr/include" "$out/include"
merge "$packages/usr/include/$triple" "$out/include"
merge "$packages/lib/$triple" "$out/lib"
merge "$packages/usr/lib/$triple" "$out/lib"
merge "$packages/usr/lib/gcc" "$out/lib/gcc"

is_elf() { [ -f "$1" ] && [ ! -L "$1" ] && [ "$(head -c 4 "$1" | tail -c 3)" = ELF ]; }
# patchelf is a dynamic program too: its loader is named on the command line.
patch() {
  "$packages/lib/$triple/ld-linux-x86-64.so.2" --library-path "$packages/lib/$triple:$packages/usr/lib/$triple" \
    "$packages/usr/bin/patchelf" "$@" 2>/dev/null
}

programs=0
for file in "$out"/bin/* "$out/lib/gcc/$triple/12"/*; do
  case $file in *.o | *.a | *.so*) continue ;; esac
  is_elf "$file" || continue
  # Static programs have no interpreter to set.
  if patch --set-interpreter "$loader" --set-rpath "$out/lib" "$file"; then programs=$((programs + 1)); fi
done
for file in "$out"/lib/*.so* "$out/lib/gcc/$triple/12"/*.so*; do
  case $file in *ld-linux* | *libc.so.6) continue ;; esac
  if is_elf "$file"; then patch --set-rpath "$out/lib" "$file" || true; fi
done

# Links and linker scripts name their targets by where a package manager would have put them.
for file in "$out"/lib/*.so; do
  if [ -L "$file" ]; then
    target=$(readlink "$file")
    case $target in /lib/* | /usr/lib/*) ln -sf "${target##*/}" "$file" ;; esac
  elif [ -f "$file" ] && ! is_elf "$file"; then
    sed -i "s#/usr/lib/$triple/#$out/lib/#g; s#/lib/$triple/#$out/lib/#g; s#/lib64/#$out/lib/#g" "$file"
  fi
done
for file in "$out"/bin/*; do
  if [ -L "$file" ]; then case $(readlink "$file") in /etc/alternatives/*) rm "$file" ;; esac fi
done

# gcc has the places it looks in compiled in; a wrapper names ours.
mv "$out/bin/gcc-12" "$out/bin/.gcc-12"
cat >"$out/bin/gcc" <<WRAPPER
#!$out/bin/bash
exec $out/bin/.gcc-12 -B$out/lib -idirafter $out/include -L$out/lib -Wl,-dynamic-linker,$loader -Wl,-rpath,$out/lib "\$@"
WRAPPER
chmod +x "$out/bin/gcc"
ln -s gcc "$out/bin/cc"
ln -sf gawk "$out/bin/awk"
ln -sf bash "$out/bin/sh"

echo "$programs programs moved"
"$out/bin/gcc" --version | head -n 1
