import { openSandbox } from "./open-sandbox.ts";

// A program for recover.test.ts: runs an action that does not end, says where when it has begun, and waits to be killed.

const seconds = process.argv[2] ?? "1000";
const sandbox = await openSandbox();
const actionDigest = await sandbox.action(`echo begun; (setsid sleep ${seconds} &); sleep ${seconds}`, {
  platform: { memory: String(1 << 28) },
});
for await (const event of sandbox.executor.execute({ actionDigest }))
  if (event.type === "output") process.stdout.write(`${sandbox.home}\n`);
