# Three derivations: a C library with two outputs, a program that uses it, and a report of what the program prints.
#
# Nothing is downloaded. The compiler and the shell are files of this machine (Debian packages busybox-static, tcc and musl-dev), which
# `builtins.path` copies into the store; the builds see those copies only.
{
  system ? builtins.currentSystem,
}:

let
  triple = { x86_64-linux = "x86_64-linux-gnu"; aarch64-linux = "aarch64-linux-gnu"; }.${system};
  musl = builtins.replaceStrings [ "gnu" ] [ "musl" ] triple;

  # Whether /bin and /lib are directories or links into /usr depends on the machine's age; a link would be copied as a link.
  merged = name: let usr = /usr + "/${name}"; in if builtins.pathExists usr then usr else /. + "/${name}";
  pick = name: directory: names: builtins.path {
    inherit name;
    path = directory;
    filter = path: _: builtins.elem (baseNameOf path) names;
  };

  busybox = pick "busybox" (if builtins.pathExists /usr/bin/busybox then /usr/bin else /bin) [ "busybox" ];

  # tcc is a dynamic program: its loader and C library come along and are named on the command line below.
  compiler = {
    program = builtins.path { name = "tcc"; path = /usr/bin/tcc; };
    support = builtins.path { name = "tcc-support"; path = /usr/lib + "/${triple}/tcc"; };
    runtime = pick "tcc-runtime" (merged "lib/${triple}") [
      "ld-linux-x86-64.so.2" "ld-linux-aarch64.so.1" "libc.so.6" "libm.so.6" "libdl.so.2" "libpthread.so.0"
    ];
    headers = builtins.path { name = "musl-headers"; path = /usr/include + "/${musl}"; };
    library = pick "musl" (/usr/lib + "/${musl}") [ "crt1.o" "crti.o" "crtn.o" "libc.a" ];
  };

  # Runs `script` with busybox's shell. In it, `compile` makes objects and `link OUT FILE…` a static program.
  build = attributes@{ name, script, ... }: derivation (removeAttrs attributes [ "script" ] // {
    inherit system;
    inherit (compiler) program support runtime headers library;
    builder = "${busybox}/busybox";
    PATH = "${busybox}";
    args = [ "sh" "-euc" ''
      # mkdir and the like need no file of their own: busybox's shell runs them itself.
      tcc() { $runtime/ld-linux-* --library-path $runtime $program "$@"; }
      compile() { tcc -B$support -nostdinc -I$support/include -I$headers "$@"; }
      link() { output=$1; shift
        tcc -nostdlib -static -o $output $library/crt1.o $library/crti.o "$@" $library/libc.a $support/libtcc1.a $library/crtn.o; }
      ${script}
    '' ];
  });

  words = build {
    name = "words-1.0";
    outputs = [ "out" "dev" ];
    src = ./words;
    script = ''
      mkdir -p $out/lib $out/share $dev/include
      printf 'Hello from a library.\n' > $out/share/greeting
      cp $src/words.h $dev/include/
      compile -DWORDS_DATA="\"$out/share/greeting\"" -I$dev/include -c $src/words.c -o words.o
      tcc -ar rcs $out/lib/libwords.a words.o
      printf '%s\n' "-I$dev/include" "$out/lib/libwords.a" > $dev/flags
    '';
  };

  count = build {
    name = "count-1.0";
    src = ./count.c;
    inherit (words) dev;
    script = ''
      flags=
      while read -r flag; do flags="$flags $flag"; done < $dev/flags
      mkdir -p $out/bin
      compile -I$dev/include -c $src -o count.o
      link $out/bin/count count.o ''${flags##* }
    '';
  };

  report = build {
    name = "report";
    inherit count;
    script = ''
      $count/bin/count "one" "two words" "three words here" > $out
      while read -r line; do echo "$line"; done < $out
    '';
  };
in
{
  inherit words count report;
}
