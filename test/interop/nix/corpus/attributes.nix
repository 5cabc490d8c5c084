{ ok, fails, sh, structured', lower, upper, tree, system, ... }:

let
  # Shows the environment as the shell passes it on, and where names are odd (shells drop those) as process 1 got it.
  environment = name: attributes: ok (sh name attributes "export -p | sort > $out");
  # Structured attributes lie in the working directory under every version of Nix; where the variables point differs with the version.
  structured = name: attributes: ok (structured' name attributes ''
    mkdir $out
    cat .attrs.json > $out/json
    cat .attrs.sh > $out/sh
    ls -lan | awk '{ print $1, $3, $4, $9 }' | grep attrs > $out/listing
  '');
  repeat = text: count: builtins.concatStringsSep "" (builtins.genList (_: text) count);
in
{
  environment-plain = environment "env" { };

  environment-conversions = environment "conversions" {
    yes = true; no = false; nothing = null; int = -42; big = 9007199254740993; float = 1.5; tenth = 0.1; tiny = 1.0e-10;
    list = [ 1 "two" [ 3 [ "four" ] ] true false null ]; empty = [ ]; string = ""; path = ./data/text.txt;
  };

  environment-ignore-nulls = environment "nulls" { __ignoreNulls = true; nothing = null; something = "x"; };

  environment-overrides = environment "overrides" {
    PATH = "/mine"; HOME = "/my-home"; NIX_STORE = "/my-store"; NIX_BUILD_CORES = "77";
  };

  environment-no-overrides = environment "no-overrides" {
    NIX_BUILD_TOP = "/mine"; TMPDIR = "/mine"; TEMPDIR = "/mine"; TMP = "/mine"; TEMP = "/mine"; PWD = "/mine"; TERM = "dumb"; NIX_LOG_FD = "9";
    NIX_OUTPUT_CHECKED = "mine"; LANG = "C.UTF-8"; LC_ALL = "de_DE"; TZ = "Europe/Berlin"; SHLVL = "5"; OLDPWD = "/"; _ = "underscore";
  };

  environment-odd-names = ok (sh "odd-names" {
    "with.dot" = "1"; "with-dash" = "2"; "1digit" = "3"; "with space" = "4"; "ünï" = "5"; UPPER = "6";
  } "tr '\\0' '\\n' < /proc/1/environ | sort > $out");

  environment-odd-values = ok (sh "odd-values" {
    newline = "a\nb\n"; tab = "a\tb"; carriage = "a\rb"; quote = "a\"b'c\\d"; dollar = "$out \${x} `y`"; spaces = "  a  b  "; unicode = "héllo ✓ 日本 🎉";
  } "tr '\\0' '\\n' < /proc/1/environ | sort > $out");

  environment-latin-1 = ok (sh "latin-1" { bytes = builtins.readFile ./data/latin-1.txt; } ''printf %s "$bytes" > $out'');

  environment-huge-value = ok (sh "huge" { value = repeat "0123456789abcdef" 6400; } ''printf %s "$value" | wc -c > $out; printf %s "$value" >> $out'');

  environment-thousand-variables = ok (sh "thousand" (builtins.listToAttrs (builtins.genList (i: {
    name = "v${toString i}"; value = "value ${toString i}";
  }) 1000)) "env | sort > $out");

  arguments-odd = ok (derivation {
    name = "arguments"; inherit system; builder = "/bin/sh";
    args = [ "-c" ''for a in "$@"; do printf '<%s>\n' "$a"; done > $out'' "zero" "" " " "a b" "*" "$out" "a\nb" "'" "\"" "\\" "é" "-x" "--" (builtins.readFile ./data/latin-1.txt) ];
  });

  arguments-huge = ok (derivation {
    name = "arguments-huge"; inherit system; builder = "/bin/sh";
    args = [ "-c" ''echo $# > $out; printf '%s\n' "$@" | sha256sum >> $out'' ] ++ builtins.genList (i: repeat "x" 100 + toString i) 2000;
  });

  placeholder-in-environment-and-arguments = ok (derivation {
    name = "placeholder"; inherit system; builder = "/bin/sh"; outputs = [ "out" "dev" ];
    where = builtins.placeholder "dev"; wherever = "${builtins.placeholder "out"}/x:${builtins.placeholder "dev"}/y";
    args = [ "-c" ''echo "$where $wherever $1" > $out; echo > $dev'' "sh" (builtins.placeholder "out") ];
  });

  pass-as-file = ok (sh "pass-as-file" { passAsFile = [ "text" "empty" "large" ]; text = "some text\n"; empty = ""; large = repeat "large " 50000; } ''
    mkdir $out
    cat $textPath > $out/text; cat $largePath > $out/large; cat $emptyPath > $out/empty
    ls -lan | awk '$9 != ".." { print $1, $3, $4, $5, $9 }' > $out/listing
    env | grep -v ^large= | sort > $out/env
  '');

  pass-as-file-unknown-name = ok (sh "pass-unknown" { passAsFile = [ "nothing" ]; other = "x"; } "env | sort > $out");

  pass-as-file-with-placeholder = ok (sh "pass-placeholder" { passAsFile = [ "text" ]; text = "out=${builtins.placeholder "out"}"; } "cat $textPath > $out");

  pass-as-file-latin-1 = ok (sh "pass-latin-1" { passAsFile = [ "text" ]; text = builtins.readFile ./data/latin-1.txt; } "cat $textPath > $out");

  structured-values = structured "structured" {
    int = 1; negative = -7; big = 12345678901; float = 1.5; whole = 2.0; tiny = 1.0e-10; yes = true; no = false; nothing = null; string = "it's \"quoted\" \\ $out\n"; empty = "";
    unicode = "héllo ✓ 🎉"; list = [ 1 "two" true null 2.5 ]; strings = [ "a b" "c'd" "" ]; nested = [ [ 1 ] { x = 1; } ]; emptyList = [ ]; emptyObject = { };
    object = { a = 1; "b c" = "d e"; n = null; t = true; }; deep = { a.b.c = [ { d = 1; } ]; };
  };

  structured-odd-keys = structured "structured-keys" {
    "with-dash" = 1; "with.dot" = 2; "1digit" = 3; "with space" = 4; "ünï" = 5; _under = 6; "quote'd" = 7; a = 1; B = 2; Z = 3; "" = 4;
  };

  structured-two-outputs = structured "structured-outputs" { outputs = [ "out" "dev" ]; preHook = "x"; } // {
    drv = structured' "structured-outputs" { outputs = [ "out" "dev" ]; } ''
      dev=$(attr dev)
      cat .attrs.json > $out; wc -l < .attrs.sh > $dev
    '';
  };

  structured-environment = ok (structured' "structured-env" { FOO = "not seen"; PATH = "/not-seen"; } ''
    # These two point outside the sandbox before Nix 2.15.
    tr '\0' '\n' < /proc/1/environ | grep -v ^NIX_ATTRS_ | sort > $out
  '');

  structured-inputs = structured "structured-inputs" { inherit upper tree; source = ./data/text.txt; list = [ lower upper ]; place = builtins.placeholder "out"; };

  structured-pass-as-file = structured "structured-pass" { passAsFile = [ "text" ]; text = "not a file"; };

  structured-export-references = structured "structured-graph" {
    exportReferencesGraph = { one = upper; many = [ lower tree ]; };
  };

  export-references = ok (sh "graph" { exportReferencesGraph = [ "upper" upper "tree" tree ]; } ''
    mkdir $out; cp upper tree $out/
    ls -lan | awk '$9 != ".." { print $1, $5, $9 }' > $out/listing
  '');

  export-references-of-a-derivation = ok (sh "graph-drv" { exportReferencesGraph = [ "closure" upper.drvPath ]; } ''
    grep -v '^[0-9]*$' closure | grep . | sort -u > $out
  '');

  export-references-odd-name = fails 1 [ "invalid file name '../x' in 'exportReferencesGraph'" ] (sh "graph-name" { exportReferencesGraph = [ "../x" upper ]; } "echo > $out");

  export-references-odd-count = fails 100 [ "odd number of tokens in 'exportReferencesGraph'" ] (sh "graph-count" { exportReferencesGraph = [ "x" ]; } "echo > $out");

  export-references-outside-closure = fails 100 [ "it is not in the input closure of the derivation" ] (
    sh "graph-outside" { exportReferencesGraph = [ "x" (builtins.unsafeDiscardStringContext lower.outPath) ]; } "echo > $out"
  );

  required-feature-present = ok (sh "feature" { requiredSystemFeatures = [ "big-parallel" ]; } "echo > $out");

  required-feature-absent = fails 1 [ "with features {quantum} is required to build" ] (sh "no-feature" { requiredSystemFeatures = [ "quantum" ]; } "echo > $out");

  system-mismatch = fails 1 [ "a 'riscv64-linux' with features {} is required to build" ] (sh "elsewhere" { system = "riscv64-linux"; } "echo > $out");

  prefer-local = ok (sh "local" { preferLocalBuild = true; allowSubstitutes = false; } "env | sort > $out");

  no-chroot = fails 1 [ "has '__noChroot' set, but that's not allowed when 'sandbox' is 'true'" ] (sh "no-chroot" { __noChroot = true; } "echo > $out");

  impure-host-deps = fails 1 [ "requested impure path" ] (sh "impure-host" { __impureHostDeps = [ "/etc/shadow" ]; } "echo > $out");

  impure-variables-of-a-pure-build = ok (sh "impure-ignored" { impureEnvVars = [ "CORPUS_IMPURE" "HOME" ]; } "env | sort > $out");
}
