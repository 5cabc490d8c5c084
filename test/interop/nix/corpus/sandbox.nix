# What a build can find out about where it runs.
{ ok, sh, lower, tree, probe', ... }:

let
  # Nix kills a builder whose standard output and error are all closed, so the shell keeps its own: `true` stops it from becoming the subshell.
  show = name: script: ok (sh name { probe = probe'; } "(\n${script}\n) > $out 2>&1\ntrue");
in
{
  identity = show "identity" "id; id -u; id -g; whoami; grep -E '^(Uid|Gid|Groups)' /proc/self/status | tr -s ' \\t' ' '";
  identity-maps = show "maps" "awk '{ print $1, $3 }' /proc/self/uid_map; awk '{ print $1, $3 }' /proc/self/gid_map; cat /proc/self/setgroups" // {
    differs = "The OCI runtime needs an id 0 of its own in the sandbox and leaves setgroups allowed, for which the builder has no capability.";
  };
  account-files = show "accounts" "cat /etc/passwd /etc/group /etc/hosts; ls -la /etc | awk '{ print $1, $9 }'";
  root-listing = show "root" "ls -a /; ls -ld / /bin /build /dev /etc /nix /nix/store /proc /tmp | awk '{ print $1, $9 }'";
  root-owners = show "owners" "stat -c '%u %g %n' / /bin /build /dev /etc /nix /nix/store /tmp /etc/passwd" // {
    differs = "The OCI runtime needs an id 0 of its own in the sandbox: the root directory and /dev belong to it, where Nix shows 65534.";
  };
  device-listing = show "devices" "ls -a /dev | grep -v kvm; for d in full null random tty urandom zero; do stat -c '%n %a %t %T' /dev/$d; done; for l in fd stdin stdout stderr ptmx; do readlink /dev/$l; done";
  device-directories = show "device-dirs" "stat -c '%a %F' /dev/shm /dev/pts /dev; ls -a /dev/shm";
  pseudo-terminals = show "pts" "ls /dev/pts; stat -c %a /dev/pts/ptmx";
  host-name = show "host" "hostname; cat /proc/sys/kernel/domainname; uname -s -n -m";
  process-status = show "status" "grep -E '^(CapInh|CapPrm|CapEff|CapAmb|NoNewPrivs|Seccomp):' /proc/self/status | tr -s ' \\t' ' '";
  capability-bounding-set = show "bounding" "grep -E '^CapBnd:' /proc/self/status | tr -s ' \\t' ' '";
  process-one = show "pid" "echo $$; set -- /proc/[0-9]*; echo $#; tr '\\0' ' ' < /proc/1/cmdline | head -c 12; cat /proc/1/comm";
  process-properties = show "properties" "$probe process" // {
    differs = "setuid(0) says EPERM instead of EINVAL, because an id 0 exists.";
  };
  argument-zero = show "argv" "cd $(dirname $probe); $probe argv a 'b c' ''";
  argument-zero-of-builder = ok (derivation { name = "argv0"; system = builtins.currentSystem; builder = "${probe'}"; args = [ "process" ]; }) // {
    # It writes no output: the log is what shows, and that is not compared.
    exit = 1; says = [ "failed to produce output path" ];
  };
  limits = show "limits" "for l in c d e f i l m q r s t v x; do ulimit -S -$l 2> /dev/null; ulimit -H -$l 2> /dev/null; done || true; ulimit -S -c; ulimit -H -c";
  personality = show "personality" "cat /proc/self/personality";
  address-randomisation = show "aslr" "grep '\\[heap\\]' /proc/self/maps | cut -d- -f1 > a; grep '\\[heap\\]' /proc/self/maps | cut -d- -f1 > b; cmp a b && echo same";
  working-directory = show "cwd" "pwd; ls -lan | awk '{ print $1, $3, $4, $9 }'; readlink /proc/self/cwd" // {
    differs = "The OCI runtime needs an id 0 of its own in the sandbox: the root directory and /dev belong to it, where Nix shows 65534.";
  };
  standard-input = show "stdin" "readlink /proc/self/fd/0; cat | wc -c; ls /proc/self/fd | grep -c .";
  standard-output-is-a-terminal = ok (sh "tty" { } "if test -t 1 && test -t 2; then kind=terminal; else kind=pipe; fi; echo $kind > $out");
  standard-streams-that-are-terminals = ok (sh "ttys" { } "found=; for i in 0 1 2; do if test -t $i; then found=\"$found $i\"; fi; done; echo \"of 0 1 2:$found\" > $out");
  terminal-modes = ok (sh "stty" { } "exec 3>&1; { stty -a <&3 || true; stat -L -c '%F %a %u %t' /proc/self/fd/3; readlink /proc/self/fd/3 | tr -d 0-9; tty <&3 || true; } > $out 2>&1");
  terminal-is-not-controlling = show "ctty" "echo x > /dev/tty || true; awk '{ print $7 }' /proc/1/stat";
  process-group = show "pgrp" "awk '{ print $1 == $5, $1 == $6, $7 }' /proc/self/stat > /dev/null; awk '{ print $6, $7 }' /proc/1/stat";
  build-directory-modes = show "build-modes" "stat -c '%a %u %g' /build /tmp; echo x > /build/f; echo x > /tmp/f; stat -c '%a %u %g' /build/f /tmp/f";
  file-system-of-build = show "same-fs" "echo x > f; if ln f $NIX_STORE/linked 2> err; then echo linked; else cat err; fi";
  network-interfaces = show "interfaces" "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '; cat /proc/net/route | wc -l; ip -o addr | awk '{ print $2, $3, $4 }'; ip link | head -1";
  network-attempt = show "network" "for a in 192.0.2.1 10.0.0.1 169.254.169.254; do nc -w 2 $a 80 || true; done; nc -w 2 127.0.0.1 1 || true; ping -c 1 -W 1 192.0.2.1 || true";
  loopback = show "loopback" ''
    # The listener's input stays open: a client that reads an end first leaves before it has sent anything.
    sleep 60 | nc -l -p 4321 > received & listener=$!
    i=0; until echo question | nc 127.0.0.1 4321 2> /dev/null; do i=$((i + 1)); test $i -lt 100; usleep 20000; done
    wait $listener; cat received
  '';
  loopback-ping = show "ping" "ping -c 1 -W 1 127.0.0.1 > /dev/null && echo four; ping6 -c 1 -W 1 ::1 > /dev/null && echo six || true";
  set-user-id-bits = show "setuid" "echo x > f; $probe modes f; stat -c %a f; chmod u+s f && echo set || true; mkdir d; chmod g+s d && echo set || true; mkdir -m 2755 e && echo made || true";
  extended-attributes = show "xattr" "echo x > f; $probe attributes f";
  sockets-and-fifos-while-building = show "special" "mkfifo p; $probe socket s; stat -c %F p s; (echo through > p) & cat p; wait";
  device-node-attempt = show "mknod" "mknod d c 1 3 || true; mount -t tmpfs none /tmp || true; mount -t proc none /proc || true; unshare -r true && echo unshared || true; chroot / true || true";
  kernel-settings-attempt = show "sysctl" "echo 1 > /proc/sys/vm/drop_caches || true; echo x > /proc/sys/kernel/hostname || true; hostname other || true; hostname";
  kill-everything-attempt = show "kill" "kill -9 -1 || true; kill -9 1 || true; echo alive";
  shared-memory = show "shm" "echo x > /dev/shm/x; cat /dev/shm/x; stat -f -c %T /dev/shm";
  system-directories-absent = show "absent" "for d in /usr /lib /lib64 /var /root /home /sys /run /opt /bin/bash /usr/bin/env /etc/resolv.conf /etc/nsswitch.conf /etc/ssl; do test -e $d && echo $d; done || true";
  processor-count = show "cores" "echo $NIX_BUILD_CORES";
  time-zone = show "zone" "date -d @0 2>&1";
}
