# Builders that fetch a page, so that whoever serves it decides when they end, and sees how often they ran.
{
  port,
}:
let
  shell = import ../nix/shell-derivation.nix;
in
rec {
  held = shell "held" "echo fetching; wget -q -O $out http://127.0.0.1:${port}/" {
    outputHashMode = "flat";
    outputHashAlgo = "sha256";
    outputHash = builtins.hashString "sha256" "held\n";
  };
  # Needs it, and what it needed.
  after = shell "after" "read x < ${held}; echo $x > $out" { };
}
