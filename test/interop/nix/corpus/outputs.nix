{ ok, fails, exited, sh, lower, ... }:

{
  single = ok (sh "single" { } "echo hello > $out");

  two-outputs = ok (sh "two-outputs" { outputs = [ "out" "dev" ]; } ''
    mkdir $out $dev
    echo lib > $out/lib
    echo header > $dev/header
  '');

  three-outputs-in-no-order = ok (sh "three" { outputs = [ "out" "doc" "bin" ]; } ''
    echo out > $out; echo doc > $doc; echo bin > $bin; echo $outputs >> $out
  '');

  first-output-is-not-out = ok (sh "dev-first" { outputs = [ "dev" "out" ]; } "echo $outputs > $dev; echo out > $out");

  no-output-called-out = ok (sh "lib-only" { outputs = [ "lib" "bin" ]; } ''
    test -z "''${out-}"
    echo lib > $lib; echo bin > $bin
  '');

  # What users of a package want installed is no business of the build.
  outputs-to-install = ok (sh "to-install" { outputs = [ "out" "man" ]; outputsToInstall = [ "man" ]; } ''
    echo $outputsToInstall > $out; echo > $man
  '');

  self-reference = ok (sh "self" { } "mkdir $out; echo $out/x > $out/me");

  output-refers-to-output = ok (sh "out-to-dev" { outputs = [ "out" "dev" ]; } ''
    mkdir $out $dev; echo $dev > $out/where; ln -s $out $dev/back-is-not
    rm $dev/back-is-not; echo header > $dev/h
  '');

  chain-of-outputs = ok (sh "abc" { outputs = [ "out" "a" "b" "c" ]; inherit lower; } ''
    echo $a > $out; echo $b > $a; echo $c $b > $b; echo $lower > $c
  '');

  # Only what is in the closure of the inputs counts, also where the path of something else is written.
  reference-to-a-non-input = ok (sh "stranger" { } "echo ${builtins.unsafeDiscardStringContext lower.outPath} > $out");

  reference-through-closure = ok (
    let middle = sh "middle" { inherit lower; } "ln -s $lower $out"; in
    sh "through" { inherit middle; } "readlink $middle > $out"
  );

  reference-by-hash-part-alone = ok (sh "hash-part" { inherit lower; } ''
    base=''${lower##*/}; echo "xx''${base%%-*}yy" > $out
  '');

  reference-in-file-name = ok (sh "in-name" { inherit lower; } "mkdir $out; : > $out/\${lower##*/}");

  reference-in-symlink = ok (sh "in-link" { inherit lower; } "ln -s $lower/nothing/there $out");

  reference-that-is-compressed = ok (sh "gz" { inherit lower; } "echo $lower | gzip -n > $out");

  # More than any buffer a scanner may have, with the reference across the border of 64 KiB blocks of the file.
  reference-across-a-border = ok (sh "border" { inherit lower; } ''
    head -c 65520 /dev/zero > $out; printf %s $lower >> $out; head -c 200000 /dev/zero >> $out
  '');

  dependent-of-two-outputs = ok (
    let two = sh "two" { outputs = [ "out" "dev" ]; } "echo out > $out; echo dev > $dev"; in
    sh "user-of-two" { inherit two; inherit (two) dev; } "cat $two $dev > $out; echo $dev >> $out"
  );

  dependent-of-second-output-only = ok (
    let two = sh "two2" { outputs = [ "out" "dev" ]; } "echo $dev > $out; echo dev > $dev"; in
    sh "user-of-second" { inherit (two) dev; } "cat $dev > $out; ls $NIX_STORE | wc -l >> $out"
  );

  cyclic-outputs = fails 1 [ "cycle detected in build of" "in the references of output" ] (
    sh "cyclic" { outputs = [ "out" "dev" ]; } "echo $dev > $out; echo $out > $dev"
  );

  missing-output = fails 1 [ "failed to produce output path for output 'out' at" ] (sh "missing" { } "true");

  one-of-two-missing = fails 1 [ "failed to produce output path for output 'dev' at" ] (
    sh "one-missing" { outputs = [ "out" "dev" ]; } "echo out > $out"
  );

  hard-link-across-outputs = ok (sh "linked" { outputs = [ "out" "dev" ]; } ''
    mkdir $out $dev; echo same > $out/a; ln $out/a $dev/b; stat -c %h $dev/b > $out/links
  '');

  world-writable-output = fails 1 [ "suspicious ownership or permission on" "rejecting this build output" ] (
    sh "writable" { } "mkdir $out; chmod 777 $out"
  );

  group-writable-output = fails 1 [ "suspicious ownership or permission on" ] (sh "group" { } "echo > $out; chmod 664 $out");

  output-written-despite-failure = fails 100 (exited 1) (sh "despite" { } "echo half > $out; exit 1");
}
