# Builds that leave something to clean up whenever they are stopped. A new `salt` makes all of them new.
{
  salt,
  system ? builtins.currentSystem,
}:

let
  build = name: attributes: script: derivation ({
    inherit name salt system;
    builder = "/bin/sh";
    args = [ "-euc" script ];
  } // attributes);
  files = build "files" { } "mkdir $out; i=0; while [ $i -lt 500 ]; do echo $salt $i > $out/f$i; i=$((i + 1)); done";
  large = build "large" { } "yes $salt | head -c 20000000 > $out";
  two = build "two" { outputs = [ "out" "dev" ]; inherit files; } "mkdir $out $dev; cp -r $files $out/copy; echo $out > $dev/out";
  waits = build "waits" { inherit large; } "sleep 0.3; head -c 1000000 $large > $out";
  background = build "background" { } "(while :; do echo x; sleep 0.01; done) > /dev/null & sleep 0.2; echo $salt > $out";
in
[ files large two waits background (build "last" { inherit two waits background; inherit (two) dev; } "echo $two $dev $waits $background > $out") ]
