# What happens when a build writes where it should not. The words of the kernel are part of what builds see.
{ ok, sh, lower, tree, ... }:

let
  # Runs each line on its own and writes down how it went.
  attempts = name: attributes: lines: ok (sh name attributes ''
    exec 3> $out
    ${builtins.concatStringsSep "\n" (map (line: "if (${line}) 2> err; then echo worked >&3; else sed 's/^[^:]*: //; s/line [0-9]*: //' err >&3; fi") lines)}
    exec 3>&-
  '');
in
{
  write-to-inputs = attempts "write-inputs" { inherit tree lower; } [
    "echo x > $tree/share/deep/file" "echo x >> $lower" "echo x > $tree/new" "mkdir $tree/newdir" "ln -s x $tree/newlink" "touch $tree/bin/tool"
  ];
  change-inputs = attempts "change-inputs" { inherit tree lower; } [
    "chmod u+w $tree" "chmod 777 $tree/bin/tool" "touch -d '2001-01-01 00:00' $lower" "truncate -s 0 $lower"
  ];
  remove-inputs = attempts "remove-inputs" { inherit tree lower; } [
    "rm -f $tree/share/deep/file" "mv $tree/bin $tree/bin2" "rmdir $tree/share/deep" "mv $tree/link /build/link"
  ];
  # The store's directory is sticky and the inputs are mounts.
  remove-whole-inputs = attempts "remove-whole" { inherit tree lower; } [ "rm -f $lower" "mv $lower /build/lower" "mv $tree $NIX_STORE/moved" "rm -rf $tree; test -e $tree/bin/tool" ];
  write-elsewhere = attempts "elsewhere" { } [ "echo x > /foo" "mkdir /bar" "echo x > /bin/foo" "echo x > /dev/foo" "echo x > /nix/foo" "echo x > /proc/foo" "mkdir /nix/var" ];
  write-etc = attempts "etc" { } [ "echo x > /etc/foo" "echo x >> /etc/passwd" "rm -f /etc/hosts" ];
  write-shell = attempts "shell" { } [ "echo x > /bin/sh" "rm -f /bin/sh" "chmod 777 /bin/sh" ];
  # The store itself can be written to, but only what the derivation calls its outputs is kept.
  write-to-store = attempts "to-store" { } [ "echo x > $NIX_STORE/other" "mkdir $NIX_STORE/dir" "cat $NIX_STORE/other > /dev/null" "mv $NIX_STORE/other $NIX_STORE/renamed" ];
  write-temporary = attempts "temporary" { } [ "echo x > /tmp/foo" "cat /tmp/foo > /dev/null" "echo x > /dev/shm/foo" "echo x > /build/foo" "echo x > /dev/null" "head -c 1 /dev/zero > /dev/full" "head -c 1 /dev/urandom > /dev/null" "mkfifo /tmp/p" ];
}
