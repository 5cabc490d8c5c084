# What builders say. Each fails at the end, so that the last lines of its log are shown.
{ ok, fails, exited, sh, ... }:

let
  says = name: texts: script: fails 100 (exited 1 ++ texts) (sh name { } "${script}\nexit 1");
in
{
  log-plain = says "log-plain" [ "first" "second" "to error" ] "echo first; echo to error >&2; echo second";
  log-no-newline-at-end = says "log-partial" [ "unfinished" ] "printf unfinished";
  log-crlf = says "log-crlf" [ "windows" "lines" ] "printf 'windows\\r\\nlines\\r\\n'";
  log-progress = says "log-progress" [ "100 percent" ] "printf ' 10 percent\\r 50 percent\\r100 percent\\n'";
  log-not-utf-8 = says "log-bytes" [ "before" "after" ] "echo before; printf '\\377\\376\\351\\n'; echo after";
  log-colours = says "log-colours" [ "red" ] "printf '\\033[31mred\\033[0m\\n'";
  log-very-long-line = says "log-long" [ "end of it" ] "head -c 300000 /dev/zero | tr '\\\\0' x; echo; echo end of it";
  log-many-lines = says "log-many" [ "line 499" ] "i=0; while [ $i -lt 500 ]; do echo line $i; i=$((i + 1)); done";
  log-empty-lines = says "log-empty" [ "after empty ones" ] "echo; echo; echo after empty ones";
  log-nul = says "log-nul" [ "after nul" ] "printf 'a\\000b\\n'; echo after nul";
  # Lines like this one are messages to Nix, not text.
  log-structured = says "log-structured" [ "after phase" ] "echo '@nix {\"action\":\"setPhase\",\"phase\":\"corpusPhase\"}'; echo '@nix nonsense'; echo after phase";
  log-none = fails 100 (exited 1) (sh "log-none" { } "exit 1");
}
