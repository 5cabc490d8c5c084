import { Command, InvalidArgumentError, Option } from "commander";
import type { BuildCommandOptions } from "./commands/build.js";
import type { CopyCommandOptions } from "./commands/copy.js";
import type { ConformanceOptions } from "./commands/conformance.js";
import type { ProbeCommandOptions } from "./commands/probe.js";
import type { PathInfoOptions } from "./commands/path-info.js";
import type { ExecOptions } from "./commands/exec.js";
import type { DaemonOptions } from "./commands/daemon.js";
import type { DerivationShowOptions } from "./commands/derivation-show.js";
import type { GenerateOptions } from "./commands/keys.js";
import type { StdioOptions } from "./commands/stdio.js";
import type { ListOptions } from "./commands/store-ls.js";
import type { ServeOptions } from "./compose/serve/load-config.js";
import type { StateOptions } from "./compose/state.js";
import { pairOption, restorePairs } from "./pair-options.js";
import { VERSION } from "./version.js";

/** Gathers a repeated option. */
function collect<T>(value: T, previous: readonly T[] = []): readonly T[] {
  return [...previous, value];
}

function integer(text: string): number {
  if (!/^-?\d{1,9}$/.test(text)) throw new InvalidArgumentError("it is a whole number.");
  return Number(text);
}

function withState(command: Command): Command {
  return command.option(
    "--state <dir>",
    "state directory (default: $CAUSEWAY_STATE, $XDG_STATE_HOME/causeway, or /var/lib/causeway for root)",
  );
}

function withSettings(command: Command): Command {
  return command
    .option("--option <name value>", "override a setting of nix.conf", pairOption)
    .option("--cores <n>", "NIX_BUILD_CORES of every build")
    .option("-j, --max-jobs <n>", "how many derivations build at once")
    .option("--timeout <seconds>", "end a build that takes longer")
    .option("--max-silent-time <seconds>", "end a build that says nothing for so long")
    .option("--secret-key-file <file>", "sign what is built with this key", collect<string>)
    .option(
      "--substituters <urls>",
      "binary caches that outputs are fetched from: http(s)://, file:///DIR, s3://BUCKET",
    );
}

function withRemote(command: Command): Command {
  return command
    .option("--remote <url>", "build on a cluster: grpc(s)://HOST:PORT[/INSTANCE], or its saved name")
    .option("--profile <name>", "what kind of cluster it is (default: what `causeway probe` finds)")
    .option("--header <name=value>", "sent to the cluster with every call; may be repeated", collect<string>)
    .option("--platform <name=value>", "a property that its workers want of actions; may be repeated", collect<string>)
    .option("--ca <file>", "certificates of authorities to trust")
    .option("--cert <file>", "our own certificate")
    .option("--key <file>", "its key");
}

/** The program's commands and their options. What a command does is loaded when it is called. */
export function createProgram(): Command {
  const program = new Command("causeway")
    .description("Nix builds over the Bazel Remote Execution API")
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError("(causeway help [COMMAND] says what there is)")
    .enablePositionalOptions()
    .configureHelp({ showGlobalOptions: true });

  withRemote(withSettings(withState(program.command("build [derivation...]"))))
    .description("build derivations and print their output paths")
    .option("-f, --file <file>", "evaluate this Nix file")
    .option("-A, --attr <path>", "the attribute to build; may be repeated", collect<string>)
    .option("--arg <name expr>", "argument of the evaluated function", pairOption)
    .option("--argstr <name text>", "the same, as a string", pairOption)
    .option("-I <path>", "search path of the evaluator", collect<string>)
    .option("--store-dir <dir>", "where .drv files and sources lie", collect<string>)
    .option("--json", "print derivations and outputs as `nix build --json` does")
    .option("-k, --keep-going", "go on with what does not depend on a failed build")
    .option("-K, --keep-failed", "keep the files of a failed build")
    .option("--dry-run", "only say what would be built and fetched, and what a cluster would be sent")
    .option("--priority <n>", "in the queue of whoever runs the builds: lower runs sooner (default: 0)", integer)
    .option("--check", "build again what is there, and compare")
    .option("--log-lines <n>", "how many last log lines a failure shows")
    .option("-L, --print-build-logs", "print logs as they come")
    .action(async (derivations: string[], options: BuildCommandOptions) => {
      const { build } = await import("./commands/build.js");
      process.exitCode = await build(derivations, options);
    });

  withSettings(withState(program.command("copy <path...>")))
    .description("copy paths with all they refer to, from or to another store or cache")
    .option(
      "--to <url>",
      "where to: http(s)://, file:///DIR, ssh-ng://HOST, unix://SOCKET, /nix/store (default: the state)",
    )
    .option("--from <url>", "where from: the same, and s3://BUCKET (default: the state)")
    .option("--no-check-sigs", "take what no trusted key has signed")
    .option("-s, --substitute-on-destination", "let the other store fetch what it lacks by itself")
    .action(async (paths: string[], options: CopyCommandOptions) =>
      (await import("./commands/copy.js")).copy(paths, options),
    );

  withState(program.command("path-info <path...>"))
    .description("print what is known of store paths")
    .option("-r, --recursive", "their closures too")
    .option("--json", "as `nix path-info --json` does")
    .addOption(
      new Option("--json-format <n>", "0: a list (Nix up to 2.18); 1: an object by path; 2: with a version (2.33)")
        .choices(["0", "1", "2"])
        .default("0"),
    )
    .option("-s, --size", "print the size of the archive")
    .option("-S, --closure-size", "print the size of the closure")
    .option("--sigs", "print signatures")
    .action(async (paths: string[], options: PathInfoOptions) =>
      (await import("./commands/path-info.js")).pathInfo(paths, options),
    );

  withState(program.command("log <path>"))
    .description("print the log of a build, by its derivation or one of its outputs")
    .action(async (path: string, options: StateOptions) => (await import("./commands/log.js")).log(path, options));

  withState(program.command("why-depends <path> <dependency>"))
    .description("print the references that lead from one path to another")
    .action(async (from: string, to: string, options: StateOptions) =>
      (await import("./commands/why-depends.js")).whyDependsCommand(from, to, options),
    );

  withSettings(withState(program.command("exec <command...>")))
    .description("run one command as a REAPI Action in the local executor")
    .option("--input <dir>", "the input root (default: empty)")
    .option("--env <name=value>", "set a variable", collect<string>)
    .option("--output <path>", "an output, relative to the working directory", collect<string>)
    .option("--output-dir <dir>", "where outputs are put (default: nowhere, only their digests are printed)")
    .option("--cwd <path>", "working directory in the input root", "")
    .option("--platform <name=value>", "a platform property", collect<string>)
    .option("--no-cache", "neither look in the action cache nor write to it")
    .option("--json", "print the result as JSON")
    .passThroughOptions()
    .action(async (command: string[], options: ExecOptions) => {
      const { exec } = await import("./commands/exec.js");
      process.exitCode = await exec(restorePairs(command), options);
    });

  withState(program.command("serve"))
    .description("serve the store and this machine's executor to Bazel and other REAPI clients")
    .option("-c, --config <file>", "configuration in YAML (default: $CAUSEWAY_CONFIG, else none)")
    .option("--listen <host:port>", "where gRPC is served (default: 127.0.0.1:8980)")
    .option("--http <host:port>", "where HTTP is served, or 'none' (default: 127.0.0.1:8981)")
    .option("--json", "print the addresses as JSON when everything is served")
    .option("--hash-password", "read a password from standard input, print its hash for the configuration, and end")
    .action(async (options: ServeOptions & { readonly hashPassword?: boolean }) => {
      const { serve, hashPasswordCommand } = await import("./commands/serve.js");
      await (options.hashPassword === true ? hashPasswordCommand() : serve(options));
    });

  withRemote(withSettings(withState(program.command("daemon"))))
    .description("serve Nix on a unix socket: NIX_REMOTE=unix://PATH")
    .option("--socket <path>", "for the user who runs it, who is trusted, beside nix.sock in the state")
    .option("--public-socket <path>", "for everybody, who are not")
    .option("--materialize <dir>", "keep real files in DIR/nix/store, for clients that read them: unix://PATH?root=DIR")
    .option("--idle <seconds>", "end when no client was there for so long")
    .action(async (options: DaemonOptions) => (await import("./commands/daemon.js")).daemon(options));

  withRemote(withSettings(withState(program.command("stdio"))))
    .description("serve one Nix on standard input and output: ssh-ng://localhost?remote-program=causeway%20stdio")
    .option("--socket <path>", "of the daemon to join (default: that of the state, which is started if need be)")
    .option("--idle <seconds>", "when the daemon that was started ends, if no client is there", "10")
    // Nix says these to every remote program.
    .addOption(new Option("--stdio").hideHelp())
    .addOption(new Option("--store <url>").hideHelp())
    .addOption(new Option("--process-ops").hideHelp())
    .action(async (options: StdioOptions, command: Command) =>
      (await import("./commands/stdio.js")).stdio(options, daemonArguments(command)),
    );

  withState(program.command("probe <url>"))
    .description(
      "see what a REAPI cluster can host, and how Nix builds would fare there: grpc(s)://HOST:PORT[/INSTANCE]",
    )
    .option("--json", "the verdict as JSON in place of text")
    .option("--save <name>", "keep it under this name, for --remote NAME")
    .option("--header <name=value>", "sent with every call; may be repeated", collect<string>)
    .option("--platform <name=value>", "a property that its workers want of actions; may be repeated", collect<string>)
    .option("--ca <file>", "certificates of authorities to trust")
    .option("--cert <file>", "our own certificate")
    .option("--key <file>", "its key")
    .option("--timeout <seconds>", "how long one action may take (default: 30)")
    .action(async (url: string, options: ProbeCommandOptions) => {
      process.exitCode = await (await import("./commands/probe.js")).probe(url, options);
    });

  program
    .command("conformance [url]")
    .description("see whether a REAPI server keeps to the protocol: grpc(s)://HOST:PORT[/INSTANCE]")
    .addOption(new Option("--digest <function>", "the digest function to use").choices(["sha256", "blake3"]))
    .option("--only <name>", "only cases whose name begins so; may be repeated", collect<string>)
    .option("--list", "print the cases, and end")
    .option("--json", "one JSON document in place of text")
    .option("--header <name=value>", "sent with every call; may be repeated", collect<string>)
    .option("--platform <name=value>", "a property that its workers want of actions; may be repeated", collect<string>)
    .option("--ca <file>", "certificates of authorities to trust")
    .option("--cert <file>", "our own certificate")
    .option("--key <file>", "its key")
    .option("--seed <text>", "makes the same blobs again")
    .option("--timeout <seconds>", "how long one case may take", "60")
    .action(async (url: string | undefined, options: ConformanceOptions) => {
      process.exitCode = await (await import("./commands/conformance.js")).conformance(url, options);
    });

  const derivation = program.command("derivation").description("look at derivations");
  derivation
    .command("show <derivation...>")
    .description("print derivations as JSON")
    .option("--store-dir <dir>", "where .drv files lie", collect<string>)
    .addOption(
      new Option("--json-format <n>", "1: as Nix up to 2.22; 2; 3; 4: as Nix since 2.33")
        .choices(["1", "2", "3", "4"])
        .default("1"),
    )
    .action(async (paths: string[], options: DerivationShowOptions) =>
      (await import("./commands/derivation-show.js")).derivationShow(paths, options),
    );

  addKeyCommands(program.command("keys").description("make keys that sign store paths"));
  addStoreCommands(program.command("store").description("look into the store and change it"));

  withState(program.command("doctor"))
    .description("say what this machine lacks, and how to get it")
    .option("--json", "as JSON")
    .action(async (options: StateOptions & { readonly json?: boolean }) => {
      process.exitCode = await (await import("./commands/doctor.js")).doctor(options);
    });
  return program;
}

/** Those options of `causeway stdio` that are the daemon's, as they would be written. */
function daemonArguments(command: Command): string[] {
  const theirs = new Set(["stdio", "store", "processOps", "socket"]);
  return command.options.flatMap((option) => {
    const name = option.attributeName();
    if (theirs.has(name)) return [];
    const value: unknown = command.getOptionValue(name);
    if (value === undefined) return [];
    const flag = option.long!;
    if (name === "option") return (value as [string, string][]).flatMap((pair) => [flag, ...pair]);
    return (Array.isArray(value) ? value : [value]).flatMap((each) => [flag, String(each)]);
  });
}

function addKeyCommands(keys: Command): void {
  keys
    .command("generate <name>")
    .description("make a key pair, and print its public half: for secret-key-files and trusted-public-keys of nix.conf")
    .option("--secret-file <file>", "where the secret half goes (default: NAME.secret)")
    .option("--public-file <file>", "where the public half goes (default: NAME.public)")
    .action(async (name: string, options: GenerateOptions) =>
      (await import("./commands/keys.js")).keysGenerate(name, options),
    );
  keys
    .command("public")
    .description("read a secret key from standard input and print its public half")
    .action(async () => (await import("./commands/keys.js")).keysPublic());
}

function addStoreCommands(store: Command): void {
  withState(store.command("add <path>"))
    .description("copy a file or directory into the store and print its path")
    .option("-n, --name <name>", "name of the store path (default: the file's)")
    .action(async (path: string, options: StateOptions & { readonly name?: string }) =>
      (await import("./commands/store-add.js")).storeAdd(path, options),
    );
  withState(store.command("import"))
    .description("read an archive (NAR) from standard input and print the path of its contents")
    .option("-n, --name <name>", "name of the store path", "source")
    .action(async (options: StateOptions & { readonly name: string }) =>
      (await import("./commands/store-import.js")).storeImport(options),
    );
  withState(store.command("export <path>"))
    .description("write a path's archive (NAR) to standard output")
    .action(async (path: string, options: StateOptions) =>
      (await import("./commands/store-export.js")).storeExport(path, options),
    );
  withState(store.command("ls <path>"))
    .description("list a path or a file in it")
    .option("-l, --long", "with kinds and sizes")
    .option("-R, --recursive", "with everything below")
    .option("--json", "as `nix store ls --json` does")
    .action(async (path: string, options: ListOptions) =>
      (await import("./commands/store-ls.js")).storeLs(path, options),
    );
  withState(store.command("cat <path>"))
    .description("print a file")
    .action(async (path: string, options: StateOptions) =>
      (await import("./commands/store-cat.js")).storeCat(path, options),
    );
  withState(store.command("verify"))
    .description("check that everything registered is whole")
    .option("--contents", "read and hash all contents")
    .action(async (options: StateOptions & { readonly contents?: boolean }) => {
      process.exitCode = await (await import("./commands/store-verify.js")).storeVerify(options);
    });
  withState(store.command("forget <path...>"))
    .description("make paths invalid; their contents and cached results stay until gc")
    .action(async (paths: string[], options: StateOptions) =>
      (await import("./commands/store-forget.js")).storeForget(paths, options),
    );
  withState(store.command("gc"))
    .description("remove what is least recently used until the store fits")
    .option("--max-size <size>", "e.g. 20G; without it, only what nothing refers to goes")
    .option("--grace <seconds>", "never remove what was used so recently", "3600")
    .action(async (options: StateOptions & { readonly maxSize?: string; readonly grace: string }) =>
      (await import("./commands/store-gc.js")).storeGc(options),
    );
  withState(store.command("checkout <path...>"))
    .description("write paths and their closures as files")
    .requiredOption("--to <dir>", "root of the copy: paths go to DIR/nix/store")
    .action(async (paths: string[], options: StateOptions & { readonly to: string }) =>
      (await import("./commands/store-checkout.js")).storeCheckout(paths, options),
    );
}
