# What the themes are written with.
{ system, probe }:

rec {
  inherit system;

  # Runs `script` in the sandbox's shell. It is a static busybox whose shell brings its tools with it, so PATH is not needed.
  sh = name: attributes: script: derivation ({
    inherit name system;
    builder = "/bin/sh";
    args = [ "-euc" script ];
  } // attributes);

  # The same with structured attributes. Shells other than bash cannot read .attrs.sh, so `attr NAME` finds a text in .attrs.json.
  structured' = name: attributes: script: sh name ({ __structuredAttrs = true; } // attributes) ''
    attr() { sed 's/.*"'$1'":"\([^"]*\)".*/\1/' .attrs.json; }
    out=$(attr out)
    ${script}
  '';

  # A case that succeeds.
  ok = drv: { inherit drv; exit = 0; says = [ ]; };

  # A case that ends with `exit`, and says so.
  fails = exit: says: drv: { inherit drv exit says; };

  # The words of a failed builder.
  exited = code: [ "failed with exit code ${toString code}" ];

  # What no shell can do: sockets, extended attributes, system calls. See probe.c.
  probe' = builtins.path { name = "probe"; path = /. + probe; };

  # An input with a bit of everything.
  tree = sh "tree" { } ''
    mkdir -p $out/bin $out/share/deep
    echo data > $out/share/deep/file
    printf '#!/bin/sh\necho ran\n' > $out/bin/tool
    chmod +x $out/bin/tool
    ln -s share/deep/file $out/link
    ln -s $out/bin $out/absolute
  '';

  # Two paths that refer to one another in a row: `upper` to `lower`.
  lower = sh "lower" { } "echo lower > $out";
  upper = sh "upper" { inherit lower; } "mkdir $out; echo $lower > $out/names";
}
