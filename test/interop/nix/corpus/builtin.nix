# Builders that are part of Nix itself.
{ ok, fails, sh, lower, upper, ... }:

let
  fetch = name: source: attributes: derivation ({
    inherit name; system = "builtin"; builder = "builtin:fetchurl";
    # A file of the store: the only place that a file URL can name inside the sandbox.
    url = "file://${source}"; outputHashMode = "flat"; outputHashAlgo = "sha256"; outputHash = builtins.hashFile "sha256" source;
  } // attributes);
  recursive = hash: { outputHashMode = "recursive"; outputHash = hash; };
  scriptHash = "9c0a156b91cf8b38d923da1375a6256cee246f4f46df78e472f22f72d39df67e"; # nix-hash --type sha256 of script.txt, made executable
  treeHash = "822fd47b5ee4a09c95a04449f9707144826e798c64cad53988842954ca11352a"; # nix-hash --type sha256 of what tree.nar holds
  package = name: files: sh name { } "mkdir $out; cd $out; ${files}";
  one = package "one" "mkdir -p bin share/x; echo one > bin/one; echo x > share/x/one; echo .hidden > .hidden; mkdir nix-support; echo p > nix-support/other";
  two = package "two" "mkdir -p bin share/x share/y; echo two > bin/two; echo x > share/x/two; ln -s x share/linked; echo y > share/y/only";
  conflict = package "conflict" "mkdir -p bin; echo three > bin/one";
  environment = name: attributes: derivation ({ inherit name; system = "builtin"; builder = "builtin:buildenv"; manifest = "${manifest}"; } // attributes);
  manifest = sh "manifest" { } "echo '[ ]' > $out";
in
{
  fetchurl-file = ok (fetch "fetched.txt" ./data/text.txt { });
  fetchurl-executable = ok (fetch "fetched-tool" ./data/script.txt ({ executable = true; } // recursive scriptHash));
  fetchurl-unpack = ok (fetch "fetched-tree" ./data/tree.nar ({ unpack = true; } // recursive treeHash));
  fetchurl-unpack-xz = ok (fetch "fetched-tree-xz" ./data/tree.nar.xz ({ unpack = true; } // recursive treeHash));
  fetchurl-mismatch = fails 102 [ "hash mismatch in fixed-output derivation" ] (fetch "fetched-wrong" ./data/text.txt { outputHash = builtins.hashString "sha256" "other"; });
  fetchurl-missing-file = fails 1 [ "unable to download 'file:///nix/store/nothing'" ] (fetch "fetched-nothing" ./data/text.txt { url = "file:///nix/store/nothing"; });

  buildenv = ok (environment "environment" { derivations = [ "true" 5 1 one "true" 5 1 two ]; });
  buildenv-priority = ok (environment "priority" { derivations = [ "true" 5 1 one "true" 4 1 conflict ]; });
  buildenv-inactive = ok (environment "inactive" { derivations = [ "true" 5 1 one "false" 5 1 conflict ]; });
  buildenv-conflict = fails 100 [ "bin/one" "have the same priority 5" ] (environment "env-conflict" { derivations = [ "true" 5 1 one "true" 5 1 conflict ]; });

  unpack-channel = ok (derivation {
    name = "channel"; system = "builtin"; builder = "builtin:unpack-channel"; channelName = "chan";
    src = sh "channel.tar.gz" { } "mkdir -p top/sub; echo '{ }' > top/default.nix; echo x > top/sub/x; chmod +x top/sub/x; ln -s sub top/link; tar cf - top | gzip -n > $out";
  });

  unknown-builtin = fails 100 [ "unsupported builtin builder 'nothing'" ] (derivation { name = "unknown"; system = "builtin"; builder = "builtin:nothing"; });
}
