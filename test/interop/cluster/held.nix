# Builders that fetch a page, so that whoever serves it decides when they end, and sees how often they ran.
{
  port,
  name ? "held",
}:
(import ../nix/shell-derivation.nix) name "echo fetching; wget -q -O $out http://127.0.0.1:${port}/${name}" {
  outputHashMode = "flat";
  outputHashAlgo = "sha256";
  outputHash = builtins.hashString "sha256" "held\n";
}
