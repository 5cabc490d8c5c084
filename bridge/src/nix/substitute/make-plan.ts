import type { StorePath } from "../../formats/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { ImportContext } from "../import/import-context.js";
import { inReferenceOrder } from "./reference-order.js";
import type { FoundPath, SubstitutionPlan } from "./substituter.js";

/** Paths fetched for one: the largest systems have some ten thousand. More are forged. */
const PLAN_PATHS_MAX = 200_000;

/**
 * What has to be fetched to make a path valid, a level of references at a time.
 *
 * @returns `undefined` if somebody does not have all of it.
 * @throws StatusError ResourceExhausted or DataLoss for what only forged descriptions lead to.
 */
export async function makePlan(
  { store, storeDir }: Pick<ImportContext, "store" | "storeDir">,
  root: StorePath,
  find: (path: StorePath) => Promise<FoundPath | undefined>,
): Promise<SubstitutionPlan | undefined> {
  const found = new Map<StorePath, FoundPath>();
  const seen = new Set([root]);
  let level = [root];
  while (level.length > 0) {
    if (seen.size > PLAN_PATHS_MAX)
      throw new StatusError(Code.ResourceExhausted, `the closure of '${storeDir}/${root}' is too large`);
    const infos = await store.pathInfos.getMany(level);
    const missing = level.filter((_, i) => infos[i] === undefined);
    const answers = await Promise.all(missing.map(find));
    const next: StorePath[] = [];
    for (const [i, answer] of answers.entries()) {
      if (answer === undefined) return undefined;
      found.set(missing[i]!, answer);
      for (const reference of answer.offer.info.references) {
        if (seen.has(reference)) continue;
        seen.add(reference);
        next.push(reference);
      }
    }
    level = next;
  }
  const order = inReferenceOrder(new Map([...found].map(([path, { offer }]) => [path, offer.info.references])));
  if (order === undefined)
    throw new StatusError(Code.DataLoss, `the references of '${storeDir}/${root}' go in a circle`);
  return new Map(order.map((path) => [path, found.get(path)!]));
}
