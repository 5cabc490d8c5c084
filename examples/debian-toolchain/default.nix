# A C toolchain from Debian's packages, moved into the store, and GNU hello built with it: configure, make, make install, run.
# Run fetch.sh first.
{
  system ? "x86_64-linux",
}:

let
  shell = builtins.path { name = "shell"; path = ./shell; };
  packages = builtins.path { name = "debian-packages"; path = ./packages; };

  toolchain = derivation {
    name = "debian-toolchain";
    inherit system shell packages;
    builder = "${shell}/bin/busybox";
    args = [ "sh" "-eu" ./relocate.sh ];
  };

  hello = derivation {
    name = "hello-2.10";
    inherit system;
    src = ./hello-2.10.tar.gz;
    builder = "${toolchain}/bin/bash";
    PATH = "${toolchain}/bin";
    # configure and make start shells by these names: /bin/sh may be absent, and if it is there it is not this one.
    SHELL = "${toolchain}/bin/bash";
    CONFIG_SHELL = "${toolchain}/bin/bash";
    args = [ "-euc" ''
      tar xf $src
      cd hello-2.10
      $SHELL ./configure --prefix=$out CC=gcc --disable-nls --disable-dependency-tracking
      make -j2 SHELL=$SHELL
      make install SHELL=$SHELL
      $out/bin/hello
    '' ];
  };
in
{
  inherit toolchain hello;
}
