# Content-addressed derivations (experimental feature ca-derivations).
{ ok, fails, exited, sh, structured', lower, upper, ... }:

let
  ca = name: attributes: sh name ({ __contentAddressed = true; outputHashMode = "recursive"; outputHashAlgo = "sha256"; } // attributes);
  leaf = ca "leaf" { } "echo leaf > $out";
  self = ca "self-ca" { } "mkdir $out; echo $out/x > $out/me; ln -s $out/me $out/link";
  pair = ca "pair" { outputs = [ "out" "dev" ]; } "mkdir $out $dev; echo me $out dev $dev > $out/f; echo header > $dev/h";
in
{
  floating = ok leaf;
  floating-flat = ok (ca "flat-ca" { outputHashMode = "flat"; } "echo flat > $out");
  floating-sha1 = ok (ca "sha1-ca" { outputHashAlgo = "sha1"; } "echo sha1 > $out");
  floating-self-reference = ok self;
  floating-self-reference-in-file-name = ok (ca "self-name" { } "mkdir $out; : > $out/x-\${out##*/}; echo \${out##*/} | cut -c1-32 > $out/hash");
  floating-two-outputs = ok pair;
  floating-input-addressed-input = ok (ca "ca-ia" { inherit upper; } "cat $upper/names > $out; echo $upper >> $out");
  floating-chain = ok (ca "chain-2" { middle = ca "chain-1" { inherit leaf; } "echo one $leaf > $out"; inherit self; } "cat $middle $self/me > $out; echo $middle $self >> $out");
  floating-outputs-of-chain = ok (ca "chain-dev" { inherit (pair) dev; } "cat $dev/h > $out; echo $dev >> $out");
  floating-deferred-consumer = ok (sh "deferred" { inherit leaf; } "cat $leaf > $out; echo $leaf >> $out");
  floating-deferred-twice = ok (sh "deferred-2" { first = sh "deferred-1" { inherit self; } "mkdir $out; echo $self > $out/names"; } "cat $first/names > $out; echo $first >> $out");
  floating-deferred-two-outputs = ok (sh "deferred-outs" { outputs = [ "out" "bin" ]; inherit pair; inherit (pair) dev; } "echo $pair > $out; echo $dev $out > $bin");
  floating-structured = ok (structured' "ca-structured" { inherit leaf; __contentAddressed = true; outputHashMode = "recursive"; outputHashAlgo = "sha256"; } "cat $(attr leaf) .attrs.sh > $out");
  floating-pass-as-file = ok (ca "ca-pass" { passAsFile = [ "text" ]; text = "${leaf} and ${builtins.placeholder "out"}"; } "cp $textPath $out");
  # The same contents from two derivations are one path.
  floating-same-contents = ok (sh "same-ca" { a = ca "same" { way = 1; } "echo same > $out"; b = ca "same" { way = 2; } "printf 'same\\n' > $out"; } "test $a = $b; echo $a > $out");
  floating-references-checked = fails 1 [ "is not allowed to refer to the following paths:" ] (ca "ca-checked" { inherit upper; allowedReferences = [ ]; } "echo $upper > $out");
  floating-failing = fails 100 (exited 3) (ca "ca-failing" { } "exit 3");
  floating-missing = fails 1 [ "failed to produce output path for output 'out'" ] (ca "ca-missing" { } "true");
}
