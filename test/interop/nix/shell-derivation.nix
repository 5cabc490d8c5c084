# A derivation that runs a script in the sandbox's shell; `more` are further attributes.
name: script: more:
derivation (
  {
    inherit name;
    system = builtins.currentSystem;
    builder = "/bin/sh";
    args = [
      "-c"
      script
    ];
  }
  // more
)
