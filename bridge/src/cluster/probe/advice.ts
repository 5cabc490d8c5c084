import type { Attempt } from "./verdict.js";

/** With this the helper ends where a worker gives no namespaces. */
const NO_NAMESPACES = /exit code 200\b/;

/** The settings of a cluster that would give builds what they miss. */
export function adviceOf(attempts: readonly Attempt[], chosen: Attempt | undefined): string[] {
  const of = (name: string): Attempt | undefined => attempts.find(({ profile }) => profile === name);
  const plain = of("plain");
  const advice: string[] = [];
  if (plain?.works === false && NO_NAMESPACES.test(plain.reason))
    advice.push(
      "let actions make user namespaces on the workers (sysctl user.max_user_namespaces above 0, kernel.apparmor_restrict_unprivileged_userns=0, and in containers a seccomp profile that allows unshare and mount)",
    );
  if (chosen?.profile === "buildbarn" && chosen.works && chosen.lacks.length > 1)
    advice.push(
      "run Buildbarn's runner without chrootIntoInputRoot, where actions may make namespaces: then builds have their own /proc, /dev, user and no network (profile plain)",
    );
  if (chosen === undefined) {
    advice.push(
      "Buildbarn: set chrootIntoInputRoot in bb_runner, or let its actions make namespaces",
      "BuildBox: use buildbox-run-bubblewrap",
    );
    if (attempts.every((attempt) => !attempt.works && /did not|no worker|platform|propert/i.test(attempt.reason)))
      advice.push("if workers ask for platform properties, name them: --platform NAME=VALUE");
  }
  return advice;
}
