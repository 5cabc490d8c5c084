# Derivations that show what a cluster makes of what Nix builds. The only program is the sandbox's shell, where there is one.
{
  greeting ? "hello",
}:
let
  shell = import ../nix/shell-derivation.nix;
in
rec {
  text = shell "text" "echo said ${greeting}; echo ${greeting} > $out" { };
  # Reads another build, refers to it and to an output of its own, and holds every kind of file.
  two = shell "two" "mkdir -p $out/bin $out/empty $dev; read x < ${text}; echo $x ${text} > $out/text; echo h > $dev/h; ln -s $dev $out/dev; echo run > $out/bin/run; chmod +x $out/bin/run; chmod 640 $dev/h" {
    outputs = [
      "out"
      "dev"
    ];
  };
  links = shell "links" "mkdir $out; cd $out; echo f > f; ln -s ./f dot; ln -s a//b slashes; ln -s d/. tail; ln -s //x root; ln -s d/../f up; ln -s /nowhere dangling; ln -s f plain" { };
  link = shell "link" "ln -s ${text} $out" { };
  user = shell "links-user" "cd ${links}; for l in dot slashes tail root up dangling plain; do readlink $l; done > $out" { };
  names = shell "names" "mkdir $out; echo n > \"$out/$(printf 'caf\\351')\"" { };
  fifo = shell "fifo" "mkdir $out; mkfifo $out/p; echo a > $out/a" { };
  missing = shell "missing" "echo made nothing" { };
  fails = shell "fails" "echo last words; echo more >&2; exit 3" { };
  # Where a builder is the first process of its namespace, as under Nix, it cannot do that.
  killed = shell "killed" "kill -9 $$" { };
  # What the builder sees of itself.
  sees = shell "sees" "(echo $0; pwd; id -u; id -g; umask; env | sort; ls -a / | sort; ls -a /build) > $out" { };
}
