import { openSandbox } from "./open-sandbox.ts";

// A program for rootless.test.ts, which runs it as another user: runs each argument as a script and prints how that ended, as JSON.

const sandbox = await openSandbox();
const ended = [];
for (const script of process.argv.slice(2)) {
  const { exitCode, stdout, response } = await sandbox.run(script);
  ended.push({ exitCode, stdout, outputs: response.result?.outputFiles.length });
}
await sandbox[Symbol.asyncDispose]();
process.stdout.write(JSON.stringify({ home: sandbox.home, ended }));
