{ ok, fails, exited, sh, system, lower, tree, probe', ... }:

let
  exits = code: fails 100 (exited code) (sh "exit-${toString code}" { } "exit ${toString code}");
  broken = sh "broken" { } "echo going wrong >&2; exit 1";
in
{
  exit-1 = exits 1;
  exit-3 = exits 3;
  exit-127 = exits 127;
  exit-255 = exits 255;
  exit-without-output-after-success-of-others = fails 100 [ "1 dependencies of derivation" ] (sh "dependent" { inherit broken lower; } "echo > $out");
  two-failed-dependencies = fails 100 [ "dependencies of derivation" ] (sh "dependent-2" { inherit broken; other = sh "broken-2" { } "exit 2"; } "echo > $out");
  command-not-found = fails 100 (exited 127) (sh "not-found" { } "no-such-command");
  # As process 1 the shell is not killed by signals it does not handle, so the script goes on.
  kill-itself = ok (sh "kill-itself" { } "kill -9 $$ || true; kill -TERM $$; echo alive > $out");
  killed-child = fails 100 (exited 137) (sh "killed-child" { } "sh -c 'kill -9 $$' || exit $?");
  segmentation-fault = fails 100 (exited 139) (sh "segfault-child" { probe = probe'; } "$probe segfault || exit $?");
  segmentation-fault-of-builder = fails 100 [ "failed due to signal 11 (Segmentation fault)" ] (derivation { name = "segfault"; inherit system; builder = "${probe'}"; args = [ "segfault" ]; });
  exit-139-of-shell = exits 139;
  builder-missing = fails 100 [ "executing '/bin/no-such-shell': No such file or directory" ] (derivation { name = "no-builder"; inherit system; builder = "/bin/no-such-shell"; });
  builder-not-executable = fails 100 [ "Permission denied" ] (derivation { name = "not-executable"; inherit system; builder = "${tree}/share/deep/file"; });
  builder-is-a-directory = fails 100 [ "Permission denied" ] (derivation { name = "directory-builder"; inherit system; builder = "${tree}"; });
  builder-is-not-a-program = fails 100 [ "Exec format error" ] (derivation {
    name = "no-format"; inherit system; builder = sh "text" { } "echo words > $out; chmod +x $out";
  });
  builder-with-missing-interpreter = fails 100 [ "No such file or directory" ] (derivation {
    name = "no-interpreter"; inherit system; builder = sh "script" { } "printf '#!/no/such\\n' > $out; chmod +x $out";
  });
  builder-relative = fails 100 [ "executing 'sh': No such file or directory" ] (derivation { name = "relative"; inherit system; builder = "sh"; args = [ "-c" "echo > $out" ]; });
  builder-is-a-script = ok (derivation {
    name = "script-builder"; inherit system; args = [ "a" "b c" ]; builder = sh "script-ok" { } "printf '#!/bin/sh\\necho \"$0|$1|$2\" > $out\\n' > $out; chmod +x $out";
  });
  builder-through-symlink = ok (derivation {
    name = "link-builder"; inherit system; args = [ "-c" "echo $0 > $out" ]; builder = "${sh "link-to-shell" { } "mkdir $out; ln -s /bin/sh $out/sh"}/sh";
  });

  timed-out = fails 101 [ "timed out after 2 seconds" ] (sh "timed-out" { } "while :; do echo tick; sleep 0.2; done") // { options.timeout = "2"; };
  timed-out-in-silence = fails 101 [ "timed out after 2 seconds of silence" ] (sh "silent" { } "echo before; sleep 60; echo after > $out") // { options.max-silent-time = "2"; };
  not-silent-enough = ok (sh "ticking" { } "for i in 1 2 3 4 5; do echo $i; sleep 0.5; done; echo > $out") // { options.max-silent-time = "2"; };
  too-much-log = fails 1 [ "killed after writing more than 1000 bytes of log output" ] (sh "chatty" { } "i=0; while [ $i -lt 1000 ]; do echo line $i; i=$((i + 1)); done; sleep 5; echo > $out") // { options.max-build-log-size = "1000"; };
  background-process = ok (sh "background" { } "(sleep 1000; echo late > $out) & sleep 1000 > /dev/null 2>&1 & echo > $out");
  background-process-holding-output = ok (sh "holding" { } "setsid sh -c 'trap \"\" HUP TERM; sleep 1000' & exec 8> $out; echo done >&8");

  # Nix takes a closed log for the end of the builder.
  closes-its-output = fails 100 [ "failed due to signal 9 (Killed)" ] (sh "closes" { } "exec > /dev/null 2>&1; sleep 5; echo > $out") // {
    nixOnly = "An REAPI worker waits for the command to end, and its output is what counts.";
  };

  deterministic = ok (sh "deterministic" { } "echo same > $out") // { check = true; };
  not-deterministic = fails 104 [ "may not be deterministic: output" ] (sh "not-deterministic" { } "cat /proc/sys/kernel/random/uuid > $out") // { check = true; varies = true; };
  # A failed fixed-output build may be the network's fault, so Nix gives 1.
  fails-when-checked = fails 1 (exited 9) (sh "fails-second" { outputHashMode = "flat"; outputHashAlgo = "sha256"; outputHash = builtins.hashString "sha256" "x\n"; impureEnvVars = [ "CORPUS_CHECKING" ]; } ''
    test -z "$CORPUS_CHECKING" || exit 9
    echo x > $out
  '') // { check = true; };
}
