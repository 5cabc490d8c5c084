# What a build sees of its inputs.
{ ok, sh, lower, upper, tree, ... }:

{
  input-modes-and-times = ok (sh "input-modes" { inherit tree upper; } ''
    find $tree $upper/names $(dirname $tree)/*-lower | sort | while read -r f; do stat -c '%a %Y %F' "$f"; test -d "$f" || stat -c %s "$f"; done > $out
  '');
  input-owner-is-not-the-builder = ok (sh "input-owner" { inherit tree; } "find $tree | sort | while read -r f; do stat -c '%u %g' \"$f\"; done > $out");
  input-is-not-writable = ok (sh "test-w" { inherit tree lower; } ''
    for f in $tree $tree/share/deep/file $tree/bin $lower; do test -w $f && echo writable || echo not; test -r $f && echo readable; done > $out
  '');
  input-executable = ok (sh "runs" { inherit tree; } "$tree/bin/tool > $out; test ! -x $tree/share/deep/file; test -x $tree/bin/tool");
  input-links = ok (sh "input-links" { inherit tree; } "readlink $tree/link > $out; readlink $tree/absolute >> $out; cat $tree/link >> $out; ls $tree/absolute >> $out");
  store-shows-closure-only = ok (sh "closure" { inherit upper; } "ls $NIX_STORE > list; sort list > $out");
  store-directory-mode = ok (sh "store-mode" { } "stat -c %a $NIX_STORE > $out; ls -A /nix >> $out");
  source-file = ok (sh "source" { src = ./data/text.txt; dir = ./data; } "cat $src > $out; ls -A $dir >> $out; cat $dir/* | sha256sum >> $out");
  source-to-file = ok (sh "to-file" { text = builtins.toFile "text" "from ${./data/text.txt}"; } "cat $text > $out");
  input-that-is-a-symlink = ok (let link = sh "link" { inherit tree; } "ln -s $tree/share $out"; in sh "through-link" { inherit link; } "cat $link/deep/file > $out; readlink $link >> $out");
  input-that-is-a-file = ok (sh "input-file" { inherit lower; } "stat -c '%a %F %s' $lower > $out");
  derivation-as-input = ok (sh "drv-input" { drv = tree.drvPath; } "head -c 20 $drv > $out; ls $NIX_STORE | grep -c drv >> $out; ls $NIX_STORE | sort >> $out");
  many-inputs = ok (sh "many-inputs" { all = builtins.genList (i: sh "in-${toString i}" { } "echo ${toString i} > $out") 40; } "cat $all > $out");
}
