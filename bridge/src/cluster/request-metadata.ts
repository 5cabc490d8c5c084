import { WireWriter } from "../formats/wire/index.js";

/** Who asks a cluster for what: its dashboards show it, and some share their workers fairly by it. Source: REAPI, `RequestMetadata`. */
export interface RequestMetadata {
  /** Of one run of the program. */
  readonly invocationId: string;
  readonly actionId?: string;
  /** What kind of work it is. */
  readonly mnemonic?: string;
  /** What is built, as people name it. */
  readonly target?: string;
  /** In which of several forms: for us, the system. */
  readonly configuration?: string;
}

const HEADER = "build.bazel.remote.execution.v2.requestmetadata-bin";
const TOOL = "causeway";

/** The header that carries it. @param toolVersion ours. */
export function metadataHeaders(
  { invocationId, actionId = "", mnemonic = "", target = "", configuration = "" }: RequestMetadata,
  toolVersion: string,
): Readonly<Record<string, Uint8Array>> {
  const writer = new WireWriter();
  writer.message(1, () => {
    writer.text(1, TOOL);
    writer.text(2, toolVersion);
  });
  writer.text(2, actionId);
  writer.text(3, invocationId);
  writer.text(5, mnemonic);
  writer.text(6, target);
  writer.text(7, configuration);
  return { [HEADER]: writer.finish() };
}
