# Derivations for the tests of the command line. The only program is the sandbox's shell.
{
  greeting ? "hello",
  mark ? 1,
}:
let
  shell = import ../nix/shell-derivation.nix;
in
rec {
  text = shell "text" "echo said ${greeting} ${toString mark}; echo ${greeting} ${toString mark} > $out" { };
  # With references to a path in a file, and to an output of its own in a link.
  two = shell "two" "mkdir -p $out/bin $dev; echo said two; echo ${text} > $out/text; echo h > $dev/h; ln -s $dev $out/dev" {
    outputs = [
      "out"
      "dev"
    ];
  };
  developer = shell "developer" "echo o > $out; echo d > $dev" {
    outputs = [
      "dev"
      "out"
    ];
  };
  program = shell "program" "mkdir -p $out/bin; printf '#!/bin/sh\ncat %s\n' ${text} > $out/bin/run; chmod +x $out/bin/run" { };
  source = shell "source" "cp ${./values.nix} $out" { };
  random = shell "random" "cat /proc/sys/kernel/random/uuid > $out" { };
  slow = shell "slow" "echo began; sleep 100" { };
  loud = shell "loud" "while :; do echo ${builtins.concatStringsSep " " (builtins.genList toString 1000)}; done" { };
  fails = shell "fails" "echo last words; mkdir sub; echo kept > sub/file; exit 3" { };
  colours = shell "colours" "printf '\\033[31mred\\033[0m\\007\\n'; exit 1" { };
  dependent = shell "dependent" "cat ${fails} > $out" { };
  wrong = shell "wrong" "echo unexpected > $out" {
    outputHashMode = "flat";
    outputHashAlgo = "sha256";
    outputHash = "0000000000000000000000000000000000000000000000000000";
  };
  addressed = shell "addressed" "echo ${text} > $out" {
    __contentAddressed = true;
    outputHashMode = "recursive";
    outputHashAlgo = "sha256";
  };
  above = shell "above" "cat ${addressed} > $out; echo ${addressed} >> $out" { };
  cores = shell "cores" "echo $NIX_BUILD_CORES > $out" { };
}
