import { byteStringOf, type ByteString } from "../bytes/byte-string.js";
import { WireWriter, type WireReader } from "../wire/index.js";
import { ReapiError } from "./error.js";
import type { Command, OutputDirectoryFormat, Property } from "./messages.js";
import { decodeWith, defined, readPlatform, readText, writePlatform } from "./parts.js";

/** By their enum values. */
const FORMATS: readonly OutputDirectoryFormat[] = ["tree-only", "directory-only", "tree-and-directory"];

/** The canonical `Command` message: environment and output properties sorted, output paths sorted and each once. */
export function encodeCommand(command: Command): Uint8Array {
  const writer = new WireWriter();
  for (const argument of command.arguments) writer.presentByteString(1, argument);
  for (const name of sorted(command.environment.keys()))
    writer.message(2, () => {
      writer.byteString(1, name);
      writer.byteString(2, command.environment.get(name) ?? ("" as ByteString));
    });
  for (const path of sorted(command.outputFiles ?? [])) writer.presentByteString(3, path);
  for (const path of sorted(command.outputDirectories ?? [])) writer.presentByteString(4, path);
  writePlatform(writer, 5, command.platform);
  if (command.workingDirectory !== undefined) writer.byteString(6, command.workingDirectory);
  for (const path of sorted(command.outputPaths)) writer.presentByteString(7, path);
  for (const name of sorted((command.outputNodeProperties ?? []).map(byteStringOf))) writer.presentByteString(8, name);
  writer.int64(9, FORMATS.indexOf(command.outputDirectoryFormat ?? "tree-only"));
  return writer.finish();
}

/** What repeated fields of the message hold, as they are read. */
interface Lists {
  readonly arguments: ByteString[];
  readonly environment: Map<ByteString, ByteString>;
  readonly outputFiles: ByteString[];
  readonly outputDirectories: ByteString[];
  readonly outputPaths: ByteString[];
  readonly outputNodeProperties: string[];
}

/**
 * Reads a `Command` message.
 *
 * @throws ReapiError, also where a variable is set twice.
 */
export function decodeCommand(bytes: Uint8Array): Command {
  return decodeWith(bytes, "Command", (reader) => {
    const lists: Lists = {
      arguments: [],
      environment: new Map(),
      outputFiles: [],
      outputDirectories: [],
      outputPaths: [],
      outputNodeProperties: [],
    };
    let platform: readonly Property[] | undefined;
    let workingDirectory: ByteString | undefined;
    let outputDirectoryFormat: OutputDirectoryFormat | undefined;
    while (reader.next()) {
      if (reader.field === 5) platform = readPlatform(reader.message());
      else if (reader.field === 6) workingDirectory = reader.byteString();
      else if (reader.field === 9) outputDirectoryFormat = formatOf(reader.int32());
      else readListElement(reader, lists);
    }
    const { outputFiles, outputDirectories, outputNodeProperties } = lists;
    return {
      arguments: lists.arguments,
      environment: lists.environment,
      outputPaths: lists.outputPaths,
      ...defined({
        outputFiles: nonEmpty(outputFiles),
        outputDirectories: nonEmpty(outputDirectories),
        outputNodeProperties: nonEmpty(outputNodeProperties),
        workingDirectory: workingDirectory === "" ? undefined : workingDirectory,
        platform,
        outputDirectoryFormat: outputDirectoryFormat === "tree-only" ? undefined : outputDirectoryFormat,
      }),
    };
  });
}

function readListElement(reader: WireReader, lists: Lists): void {
  if (reader.field === 1) lists.arguments.push(reader.byteString());
  else if (reader.field === 2) readVariable(reader.message(), lists.environment);
  else if (reader.field === 3) lists.outputFiles.push(reader.byteString());
  else if (reader.field === 4) lists.outputDirectories.push(reader.byteString());
  else if (reader.field === 7) lists.outputPaths.push(reader.byteString());
  else if (reader.field === 8) lists.outputNodeProperties.push(readText(reader));
  else reader.skip();
}

function readVariable(reader: WireReader, environment: Map<ByteString, ByteString>): void {
  let [name, value] = ["" as ByteString, "" as ByteString];
  while (reader.next()) {
    if (reader.field === 1) name = reader.byteString();
    else if (reader.field === 2) value = reader.byteString();
    else reader.skip();
  }
  if (environment.has(name)) throw new ReapiError("a variable is set twice", { offset: reader.offset });
  environment.set(name, value);
}

function formatOf(value: number): OutputDirectoryFormat {
  const format = FORMATS[value];
  if (format === undefined) throw new ReapiError(`output_directory_format ${String(value)} is not known`);
  return format;
}

/** Without duplicates, in the order of bytes. */
function sorted(values: Iterable<ByteString>): ByteString[] {
  return [...new Set(values)].sort();
}

function nonEmpty<T>(values: readonly T[]): readonly T[] | undefined {
  return values.length === 0 ? undefined : values;
}
