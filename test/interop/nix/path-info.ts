/** What both programs print for a valid path with `path-info --json`, reduced to what has to be equal. */
export interface ComparedInfo {
  readonly path: string;
  readonly narHash: string;
  readonly narSize: number;
  readonly references: readonly string[];
  readonly deriver?: string;
  readonly ca?: string;
}

/** Reads the array of Nix 2.8; paths that are not valid are left out. @throws SyntaxError, TypeError if it is not such an array. */
export function parsePathInfos(json: string): Map<string, ComparedInfo> {
  const infos = new Map<string, ComparedInfo>();
  for (const entry of JSON.parse(json) as (Partial<ComparedInfo> & { readonly valid?: boolean })[]) {
    if (entry.valid === false || entry.narHash === undefined) continue;
    const path = entry.path!;
    infos.set(path, {
      path,
      narHash: entry.narHash,
      narSize: entry.narSize!,
      references: [...entry.references!].sort(),
      ...(entry.deriver === undefined ? {} : { deriver: entry.deriver }),
      ...(entry.ca === undefined ? {} : { ca: entry.ca }),
    });
  }
  return infos;
}
