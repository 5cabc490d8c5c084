import { createAccess, type Access } from "@causeway/bridge/access";
import type { ServeConfig } from "@causeway/bridge/config/serve";
import { Code, StatusError } from "@causeway/bridge/status";

/** Who may call and do what, by the configuration. */
export function accessOf({ credentials, rules, anonymousRights, tls }: ServeConfig): Access {
  return createAccess({
    ...credentials,
    checksCertificates: tls.clientCaFile !== undefined,
    rules: rules.map(({ callers, instance, rights }) => ({
      instance,
      rights,
      ...(callers === undefined ? {} : { callers }),
    })),
    anonymousRights,
  });
}

/** Refuses instances that are not served; `undefined` where all are. */
export function instanceCheckOf({ instanceNames }: ServeConfig): ((instanceName: string) => void) | undefined {
  if (instanceNames.length === 0) return undefined;
  const served = new Set(instanceNames);
  return (instanceName) => {
    if (!served.has(instanceName))
      throw new StatusError(Code.NotFound, `instance '${instanceName}' is not served; ${[...served].join(", ")} are`);
  };
}
