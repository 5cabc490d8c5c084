import { localProfile, type Profile } from "./profile.js";

/** Kinds of clusters by name. */
const profiles: readonly Profile[] = [localProfile];

/** Their names. */
export const profileNames: readonly string[] = profiles.map(({ name }) => name);

/** `undefined` for a name that is not one of {@link profileNames}. */
export function findProfile(name: string): Profile | undefined {
  return profiles.find((profile) => profile.name === name);
}
