{ ok, fails, sh, structured', lower, upper, ... }:

let
  # Refers to `upper`, and through it to `lower`.
  refers = name: attributes: sh name ({ inherit upper; } // attributes) "echo $upper > $out";
  refersToItself = name: attributes: sh name attributes "echo $out > $out";
  refused = fails 1 [ "is not allowed to refer to the following paths:" ];
  structured = name: checks: structured' name { inherit upper; outputs = [ "out" "dev" ]; outputChecks = checks; } ''
    dev=$(attr dev)
    attr upper > $out; head -c 1000 /dev/zero > $dev
  '';
in
{
  allowed-references = ok (refers "allowed" { allowedReferences = [ upper ]; });
  allowed-references-none = ok (sh "none" { allowedReferences = [ ]; } "echo > $out");
  allowed-references-itself = ok (refersToItself "itself" { allowedReferences = [ "out" ]; });
  allowed-references-itself-refused = refused (refersToItself "itself-refused" { allowedReferences = [ ]; });
  allowed-references-refused = refused (refers "allowed-refused" { allowedReferences = [ lower ]; inherit lower; });
  allowed-references-output-name = ok (sh "named" { outputs = [ "out" "dev" ]; allowedReferences = [ "dev" ]; } "echo $dev > $out; echo > $dev");
  allowed-references-unknown-name = fails 1 [ "nope" ] (sh "unknown-name" { allowedReferences = [ "nope" ]; } "echo > $out");
  allowed-requisites = ok (refers "requisites" { allowedRequisites = [ upper lower ]; });
  allowed-requisites-itself = ok (refersToItself "requisites-itself" { allowedRequisites = [ ]; });
  allowed-requisites-refused = refused (refers "requisites-refused" { allowedRequisites = [ upper ]; });
  disallowed-references = ok (refers "disallowed" { disallowedReferences = [ lower ]; });
  disallowed-references-refused = refused (refers "disallowed-refused" { disallowedReferences = [ upper ]; });
  disallowed-references-itself = refused (refersToItself "disallowed-itself" { disallowedReferences = [ "out" ]; });
  disallowed-requisites = ok (sh "no-requisites" { inherit upper; disallowedRequisites = [ lower ]; } "echo > $out");
  disallowed-requisites-refused = refused (refers "disallowed-requisites" { disallowedRequisites = [ lower ]; });
  checks-of-two-outputs = refused (sh "two-checked" { outputs = [ "out" "dev" ]; inherit upper; allowedReferences = [ ]; } "echo > $out; echo $upper > $dev");

  output-checks = ok (structured "output-checks" { out = { allowedReferences = [ upper ]; maxSize = 10000; maxClosureSize = 100000; }; dev.disallowedReferences = [ upper ]; });
  output-checks-references = refused (structured "output-checks-references" { out.disallowedReferences = [ upper ]; });
  output-checks-requisites = refused (structured "output-checks-requisites" { out.disallowedRequisites = [ lower ]; });
  output-checks-size = fails 1 [ "is too large at 1112 bytes; limit is 500 bytes" ] (structured "output-checks-size" { dev.maxSize = 500; });
  output-checks-closure-size = fails 1 [ "closure of path" "is too large at" "limit is 200 bytes" ] (structured "output-checks-closure" { out.maxClosureSize = 200; });
  # With structured attributes the lists at the top are not read.
  output-checks-top-level-ignored = ok (structured' "top-level" { allowedReferences = [ ]; inherit upper; } "attr upper > $out");
}
