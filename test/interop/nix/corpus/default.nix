# Derivations whose outcome is compared between Nix and Causeway. See README.md.
#
# `drvs.NAME` is what is built, `cases.NAME` (without the derivation) says what is expected:
#   exit      the exit status of building it alone, as nix-build gives it
#   says      texts that standard error contains
#   options   settings to build it with
#   check     build it a second time and compare (`--check`); `exit` and `says` are then those of the second build
#   varies    its contents differ from build to build, so only the outcome is compared
#   nixOnly   why Causeway is not expected to end as Nix does; only Nix is asked
#   differs   why the two programs may legitimately differ in contents; the outcome is still compared
{
  system ? builtins.currentSystem,
  # A statically linked build of probe.c.
  probe,
}:

let
  kit = import ./kit.nix { inherit system probe; };
  themes = [
    ./outputs.nix
    ./attributes.nix
    ./fixed.nix
    ./checks.nix
    ./floating.nix
    ./builtin.nix
    ./names.nix
    ./trees.nix
    ./inputs.nix
    ./sandbox.nix
    ./writes.nix
    ./failures.nix
    ./logs.nix
  ];
  entries = builtins.foldl' (all: theme:
    let
      more = import theme kit;
      twice = builtins.attrNames (builtins.intersectAttrs all more);
    in
    if twice == [ ] then all // more else throw "two cases are called ${toString twice}"
  ) { } themes;
in
{
  drvs = builtins.mapAttrs (_: entry: entry.drv) entries;
  cases = builtins.mapAttrs (_: entry: removeAttrs entry [ "drv" ] // {
    # Text only: the derivations are built by their paths, not as part of this value.
    drvPath = builtins.unsafeDiscardStringContext entry.drv.drvPath;
    outputs = builtins.listToAttrs (map (name: {
      inherit name;
      value = builtins.unsafeDiscardStringContext entry.drv.${name}.outPath;
    }) (entry.drv.outputs or [ "out" ]));
  }) entries;
}
