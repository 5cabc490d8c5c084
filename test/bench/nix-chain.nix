# N derivations that build nothing worth mentioning, each from the one before (chain) or all for one (fan).
{
  n ? 50,
  salt,
  fan ? false,
}:
let
  make =
    i: more:
    derivation {
      name = "c${toString i}";
      system = builtins.currentSystem;
      builder = "/bin/sh";
      args = [
        "-c"
        "echo ${more} ${salt} > $out"
      ];
    };
  chain = i: if i == 0 then make 0 "" else make i "${chain (i - 1)}";
in
if fan then make n (toString (builtins.genList (i: make i "leaf") n)) else chain (n - 1)
