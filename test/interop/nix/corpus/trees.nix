# Shapes of outputs.
{ ok, fails, sh, lower, tree, probe', ... }:

let unsupported = fails 1 [ "has an unsupported type" ]; in
{
  empty-file = ok (sh "empty-file" { } ": > $out");
  empty-directory = ok (sh "empty-dir" { } "mkdir $out");
  nested-empty-directories = ok (sh "empty-dirs" { } "mkdir -p $out/a/b/c $out/d");
  executable-file = ok (sh "executable" { } "echo '#!/bin/sh' > $out; chmod +x $out");
  output-is-dangling-symlink = ok (sh "dangling" { } "ln -s nowhere $out");
  output-is-absolute-symlink = ok (sh "absolute" { } "ln -s /etc/passwd $out");
  output-is-symlink-to-input = ok (sh "to-input" { inherit lower; } "ln -s $lower $out");
  output-is-symlink-to-itself = ok (sh "to-itself" { } "ln -s $out $out");
  output-is-symlink-to-output = ok (sh "to-output" { outputs = [ "out" "dev" ]; } "echo > $dev; ln -s $dev $out");
  output-is-symlink-upwards = ok (sh "upwards" { } "ln -s ../../../etc/passwd $out");
  symlinks-inside = ok (sh "links" { } ''
    mkdir -p $out/d; cd $out; echo f > d/f
    ln -s d/f relative; ln -s $out/d/f absolute; ln -s missing dangling; ln -s . loop; ln -s d dir; ln -s ../../.. above
  '');
  hard-links = ok (sh "hard-links" { } "mkdir $out; echo same > $out/a; ln $out/a $out/b; mkdir $out/d; ln $out/a $out/d/c; stat -c %h $out/a > $out/count");
  hard-link-to-input = ok (sh "hard-link-input" { inherit tree; } ''
    mkdir $out; if ln $tree/share/deep/file $out/f 2> /dev/null; then echo linked; else echo refused; fi > $out/outcome
  '');
  deep = ok (sh "deep" { } "p=$out; i=0; while [ $i -lt 200 ]; do p=$p/d; i=$((i + 1)); done; mkdir -p $p; echo bottom > $p/f");
  read-only-directories = ok (sh "read-only" { } "mkdir -p $out/a/b; echo > $out/a/b/f; chmod 555 $out/a/b $out/a $out");
  no-permission-at-all = ok (sh "no-permission" { } "mkdir -p $out/d; echo x > $out/d/f; echo y > $out/g; chmod 000 $out/g $out/d/f");
  file-modes = ok (sh "modes" { } "mkdir $out; cd $out; for m in 000 001 010 100 111 400 444 600 644 666 700 711 755 775 777; do echo $m > f$m; chmod $m f$m; done");
  directory-modes = ok (sh "dir-modes" { } "mkdir $out; cd $out; for m in 500 555 700 711 755 775 777 1777; do mkdir d$m; echo > d$m/f; chmod $m d$m; done");
  unreadable-directory = ok (sh "unreadable" { } "mkdir -p $out/d; echo > $out/d/f; chmod 000 $out/d");
  output-without-permission = ok (sh "closed" { } "echo x > $out; chmod 000 $out");
  umask-of-files = ok (sh "umask" { } "umask > $out; : > f; mkdir d; stat -c %a f d >> $out");
  sparse-file = ok (sh "sparse" { } "mkdir $out; truncate -s 20M $out/holes; echo end >> $out/holes");
  five-thousand-files = ok (sh "many" { } "mkdir $out; cd $out; i=0; while [ $i -lt 5000 ]; do echo $i > f$i; i=$((i + 1)); done");
  two-hundred-directories = ok (sh "dirs" { } "mkdir $out; cd $out; i=0; while [ $i -lt 200 ]; do mkdir d$i; echo same > d$i/same; echo $i > d$i/own; i=$((i + 1)); done");
  equal-files = ok (sh "equal" { } "mkdir $out; cd $out; i=0; while [ $i -lt 50 ]; do head -c 100000 /dev/zero > f$i; i=$((i + 1)); done");
  times-do-not-count = ok (sh "times" { } "mkdir $out; echo > $out/f; touch -d '1999-01-01 00:00' $out/f $out; echo > $out/g");
  one-gibibyte = ok (sh "gibibyte" { } "mkdir $out; yes 0123456789abcde | head -c 1073741824 > $out/big; : > $out/small");

  fifo-as-output = unsupported (sh "fifo" { } "mkfifo $out");
  fifo-inside = unsupported (sh "fifo-inside" { } "mkdir $out; echo > $out/a; mkfifo $out/p");
  socket-as-output = unsupported (sh "socket" { probe = probe'; } "$probe socket $out");
  socket-inside = unsupported (sh "socket-inside" { probe = probe'; } "mkdir $out; $probe socket $out/s");
}
