# Derivations of which the conversations are recorded.
{
  word ? "word",
}:
let
  make =
    name: script: more:
    derivation (
      {
        inherit name;
        system = "x86_64-linux";
        builder = "/bin/sh";
        args = [
          "-c"
          script
        ];
      }
      // more
    );
in
rec {
  text = make "text" "echo said ${word}; echo ${word} > $out" { };
  two = make "two" "echo ${text} > $out; echo d > $dev" {
    outputs = [
      "out"
      "dev"
    ];
  };
  fails = make "fails" "echo last words; exit 3" { };
  addressed = make "addressed" "echo ${word} > $out" {
    __contentAddressed = true;
    outputHashMode = "recursive";
    outputHashAlgo = "sha256";
  };
}
