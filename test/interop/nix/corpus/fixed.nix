{ ok, fails, exited, sh, lower, ... }:

let
  text = "fixed\n";
  flat = algorithm: { outputHashMode = "flat"; outputHashAlgo = algorithm; outputHash = builtins.hashString algorithm text; };
  # nix-hash --type ALGORITHM of a file, and of a directory, made as the scripts below make them.
  recursive = algorithm: { outputHashMode = "recursive"; outputHashAlgo = algorithm; outputHash = {
    sha256 = "37ccfcce3135809b5003d8cdb7d07399d208dcd18ee7d74ce1ef7e892515c31f"; sha1 = "e65b7dcbd12458fbdc84b123ddad9b8ba06e2f96"; sha512 = "4b51bb4751426f4f6c25d321afbf934146458400e094f54203c45bd12b63449fc2ad6584932d4c386687ca30de7d2c3c78fe294ffef78cd0cc2e2001cf759ace"; md5 = "873af0db21df5463e915efdde79ce79a";
  }.${algorithm}; };
  directory = { outputHashMode = "recursive"; outputHashAlgo = "sha256"; outputHash = "59925b885c31870b74a25ef00c5b745adb3ebbfb76f8eaf802b91f703947f61f"; };
  write = name: attributes: ok (sh name attributes "echo fixed > $out");
  # Correct for another text, so that the build is run and found wrong.
  wrong = attributes: attributes // { outputHash = builtins.hashString attributes.outputHashAlgo "something else"; };
in
{
  fixed-flat-sha256 = write "flat-sha256" (flat "sha256");
  fixed-flat-sha1 = write "flat-sha1" (flat "sha1");
  fixed-flat-sha512 = write "flat-sha512" (flat "sha512");
  fixed-flat-md5 = write "flat-md5" (flat "md5");
  fixed-recursive-sha256 = write "recursive-sha256" (recursive "sha256");
  fixed-recursive-sha1 = write "recursive-sha1" (recursive "sha1");
  fixed-recursive-sha512 = write "recursive-sha512" (recursive "sha512");
  fixed-recursive-md5 = write "recursive-md5" (recursive "md5");
  fixed-sri = write "sri" { outputHash = "sha256-N8z8zjE1gJtQA9jNt9BzmdII3NGO59dM4e9+iSUVwx8="; outputHashMode = "recursive"; };
  fixed-default-mode = write "default-mode" (removeAttrs (flat "sha256") [ "outputHashMode" ]);

  fixed-directory = ok (sh "fixed-directory" directory ''
    mkdir -p $out/sub; echo fixed > $out/sub/file; cp $out/sub/file $out/exec; chmod +x $out/exec; ln -s sub $out/link
  '');

  # Two ways to the same path: the second is not run.
  fixed-twice = ok (
    let again = sh "same" (flat "sha256") "echo fixed > $out"; other = sh "same" (flat "sha256" // { way = "other"; }) "printf 'fix' > $out; echo ed >> $out"; in
    sh "fixed-twice" { inherit again other; } "echo $again $other > $out; cat $again $other >> $out"
  );

  fixed-dependent = ok (let f = sh "dep" (recursive "sha256") "echo fixed > $out"; in sh "fixed-dependent" { inherit f; } "cat $f > $out; echo $f >> $out");

  # Fixed outputs see the network, and files that name servers and services; what is asked here holds on any machine with a network.
  fixed-sees-network-files = ok (sh "network-files" (flat "sha256" // { inherit lower; }) ''
    test "$NIX_OUTPUT_CHECKED" = 1
    printf 'hosts: files dns\nservices: files\n' | cmp - /etc/nsswitch.conf
    test -e /etc/hosts
    echo fixed > $out
  '') // {
    differs = "With ca-derivations switched on, as in these tests, Nix resolves fixed outputs too and names the resolved derivation as deriver.";
  };

  fixed-sees-loopback = ok (sh "network-lo" (flat "sha256") "grep -q lo: /proc/net/dev; echo fixed > $out");

  fixed-impure-variables = ok (sh "impure" (flat "sha256" // { impureEnvVars = [ "CORPUS_IMPURE" "CORPUS_UNSET" "PATH" ]; }) ''
    test "$CORPUS_IMPURE" = "from outside"
    test "''${CORPUS_UNSET-unset}" = ""
    test "$PATH" != /path-not-set
    echo fixed > $out
  '');

  fixed-mismatch-flat = fails 102 [ "hash mismatch in fixed-output derivation" "specified: sha256-" "got:    sha256-DDBxQY5jVuYUiYyE7QZMqV6IVRvAgRtTS98ZUuza5TQ=" ] (
    sh "mismatch-flat" (wrong (flat "sha256")) "echo fixed > $out"
  );
  fixed-mismatch-recursive = fails 102 [ "hash mismatch in fixed-output derivation" "got:    sha256-" ] (
    sh "mismatch-recursive" (wrong (recursive "sha256")) "echo fixed > $out"
  );
  fixed-mismatch-sha1 = fails 102 [ "hash mismatch in fixed-output derivation" "got:    sha1-" ] (sh "mismatch-sha1" (wrong (flat "sha1")) "echo fixed > $out");
  fixed-mismatch-sha512 = fails 102 [ "got:    sha512-" ] (sh "mismatch-sha512" (wrong (flat "sha512")) "echo fixed > $out");
  fixed-mismatch-md5 = fails 102 [ "got:    md5-" ] (sh "mismatch-md5" (wrong (flat "md5")) "echo fixed > $out");

  fixed-flat-executable = fails 1 [ "should be a non-executable regular file since recursive hashing is not enabled" ] (
    sh "flat-executable" (flat "sha256") "echo fixed > $out; chmod +x $out"
  );
  fixed-flat-directory = fails 1 [ "should be a non-executable regular file since recursive hashing is not enabled" ] (sh "flat-directory" (flat "sha256") "mkdir $out");
  fixed-flat-symlink = fails 1 [ "should be a non-executable regular file since recursive hashing is not enabled" ] (sh "flat-link" (flat "sha256") "ln -s x $out");
  fixed-missing = fails 1 [ "failed to produce output path for output 'out' at" ] (sh "fixed-missing" (flat "sha256") "true");
  # It may be the network's fault: not 100.
  fixed-failing = fails 1 (exited 7) (sh "fixed-failing" (flat "sha256") "exit 7");
}
