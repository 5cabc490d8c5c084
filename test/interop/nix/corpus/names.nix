# Names of derivations and of files. File names are bytes.
{ ok, sh, probe', ... }:

let
  long = builtins.concatStringsSep "" (builtins.genList (_: "n") 255);
  multibyte = builtins.concatStringsSep "" (builtins.genList (_: "é") 127);
in
{
  derivation-name-odd = ok (sh "a+b?=.-_Z9" { outputs = [ "out" "x+y" ]; } ''
    echo $out > $out; other=$(tr '\0' '\n' < /proc/1/environ | sed -n 's/^x+y=//p'); echo $out > $other
  '');
  derivation-name-long = ok (sh (builtins.substring 0 200 long) { } "echo $out > $out");
  derivation-name-like-drv-not = ok (sh "x.drv.txt" { } "echo $name > $out");
  file-names-dots = ok (sh "dots" { } "mkdir $out; cd $out; for n in .hidden ..two ... a.. .git; do echo $n > $n; done");
  file-names-odd = ok (sh "odd-files" { } ''
    mkdir $out; cd $out
    for n in "a b" "*" "?" "a:b" "a\\b" "it's" "\"" "-x" "--" "~" "#" "a=b" "%41" "CON" "A" "a" "Z" "_" " " "{}" "[" '$x' "é" "日本" "🎉"; do echo "$n" > "./$n"; done
  '');
  file-names-control = ok (sh "control-files" { } ''
    mkdir $out; cd $out
    for n in 'a\nb' '\r' '\t' '\001' '\177' '\033[31m' 'a\n'; do n=$(printf "$n."); echo x > "./''${n%.}"; done
  '');
  file-names-not-utf-8 = ok (sh "bytes" { } ''
    mkdir $out; cd $out
    for n in '\377' '\200\201' 'caf\351' '\303(' '\355\240\200' '\300\257x' '\364\220\200\200' 'z\376'; do n=$(printf "$n"); echo x > "./$n"; mkdir "./d$n"; ln -s "$n" "./l$n"; done
  '');
  # The order of names is that of their bytes: these come differently in UTF-16 and in most locales.
  file-names-order = ok (sh "order" { } ''
    mkdir $out; cd $out
    for n in '\357\277\277' '\360\220\200\200' 'a' 'a.b' 'a/' 'ab' 'a-b' 'B' 'Z' '_' '\303\244' '\377'; do n=$(printf "$n"); case $n in */) mkdir -p "./$n"; echo > "./$n/x";; a) ;; *) echo > "./$n";; esac; done
  '');
  file-names-longest = ok (sh "longest" { } "mkdir $out; cd $out; echo > ${long}; mkdir ${builtins.substring 0 254 long}d; echo > ${multibyte}");
  symlink-targets-odd = ok (sh "odd-targets" { } ''
    mkdir $out; cd $out
    i=0; for t in 'a\nb' '\377\376' ' ' '..' '/' '//a//b/' './././x' 'é' 'a/' '%s'; do i=$((i + 1)); t=$(printf -- "$(echo "$t" | sed 's/%/%%/g').") ; ln -s "''${t%.}" l$i; done
  '');
  symlink-target-longest = ok (sh "long-target" { } "ln -s $(head -c 4095 /dev/zero | tr '\\0' x) $out");
}
