import { findRuntime } from "@causeway/executor";
import { openSandbox, withoutHelper } from "./open-sandbox.ts";

// A program for recover.test.ts: runs an action that does not end, says where when it has begun, and waits to be killed.

const [seconds = "1000", starter] = process.argv.slice(2);
const runtime = await findRuntime();
const sandbox = await openSandbox({ runtime: starter === "shell" ? withoutHelper(runtime) : runtime });
const actionDigest = await sandbox.action(`echo begun; (setsid sleep ${seconds} &); sleep ${seconds}`, {
  platform: { memory: String(1 << 28) },
});
for await (const event of sandbox.executor.execute({ actionDigest }))
  if (event.type === "output") process.stdout.write(`${sandbox.home}\n`);
