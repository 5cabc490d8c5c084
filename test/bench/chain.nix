# Trivial derivations, so that only the work around a build counts. A new `salt` makes all of them new.
{
  salt,
  count ? 50,
  system ? builtins.currentSystem,
}:

let
  build = name: attributes: script: derivation ({
    inherit name salt system;
    builder = "/bin/sh";
    args = [ "-c" script ];
  } // attributes);
  numbers = builtins.genList (i: toString i) count;
in
{
  # Each needs the one before.
  chain = builtins.foldl' (previous: i: build "chain-${i}" { inherit previous; } "echo $previous > $out") "" numbers;
  # All at once, and one that needs them all.
  fan = build "fan" { all = map (i: build "fan-${i}" { } "echo ${i} > $out") numbers; } "echo $all > $out";
}
