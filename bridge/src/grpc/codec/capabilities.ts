import type { WireReader, WireWriter } from "../../formats/wire/index.js";
import { codecOf, readInts, readString, writeInts } from "./parts.js";

export interface GetCapabilitiesRequest {
  readonly instanceName: string;
}

/** An inclusive range of priorities. */
export interface PriorityRange {
  readonly minPriority: number;
  readonly maxPriority: number;
}

/** A version of the API. */
export interface SemVer {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  readonly prerelease: string;
}

export interface CacheCapabilities {
  readonly digestFunctions: readonly number[];
  readonly updateEnabled: boolean;
  readonly priorities: readonly PriorityRange[];
  /** 0: not said. */
  readonly maxBatchTotalSizeBytes: number;
  readonly symlinkAbsolutePathStrategy: number;
  readonly supportedCompressors: readonly number[];
  readonly supportedBatchUpdateCompressors: readonly number[];
  /** 0: not said. */
  readonly maxCasBlobSizeBytes: number;
  readonly splitBlobSupport: boolean;
  readonly spliceBlobSupport: boolean;
  readonly fastCdc2020: { readonly averageBytes: number; readonly seed: number } | undefined;
}

export interface ExecutionCapabilities {
  readonly digestFunction: number;
  readonly execEnabled: boolean;
  readonly priorities: readonly PriorityRange[];
  readonly supportedNodeProperties: readonly string[];
  readonly digestFunctions: readonly number[];
}

export interface ServerCapabilities {
  readonly cache: CacheCapabilities | undefined;
  readonly execution: ExecutionCapabilities | undefined;
  readonly deprecatedApiVersion: SemVer | undefined;
  readonly lowApiVersion: SemVer | undefined;
  readonly highApiVersion: SemVer | undefined;
}

export const getCapabilitiesRequest = codecOf<GetCapabilitiesRequest>({
  write(writer, { instanceName }) {
    writer.text(1, instanceName);
  },
  read(reader) {
    let instanceName = "";
    while (reader.next()) {
      if (reader.field === 1) instanceName = readString(reader);
      else reader.skip();
    }
    return { instanceName };
  },
});

export const serverCapabilities = codecOf<ServerCapabilities>({
  write(writer, message) {
    const { cache, execution } = message;
    if (cache !== undefined) writer.message(1, () => writeCache(writer, cache));
    if (execution !== undefined) writer.message(2, () => writeExecution(writer, execution));
    writeVersion(writer, 3, message.deprecatedApiVersion);
    writeVersion(writer, 4, message.lowApiVersion);
    writeVersion(writer, 5, message.highApiVersion);
  },
  read(reader) {
    let cache: CacheCapabilities | undefined;
    let execution: ExecutionCapabilities | undefined;
    let deprecatedApiVersion: SemVer | undefined;
    let lowApiVersion: SemVer | undefined;
    let highApiVersion: SemVer | undefined;
    while (reader.next()) {
      if (reader.field === 1) cache = readCache(reader.message());
      else if (reader.field === 2) execution = readExecution(reader.message());
      else if (reader.field === 3) deprecatedApiVersion = readVersion(reader.message());
      else if (reader.field === 4) lowApiVersion = readVersion(reader.message());
      else if (reader.field === 5) highApiVersion = readVersion(reader.message());
      else reader.skip();
    }
    return { cache, execution, deprecatedApiVersion, lowApiVersion, highApiVersion };
  },
});

function writeCache(writer: WireWriter, cache: CacheCapabilities): void {
  writeInts(writer, 1, cache.digestFunctions);
  writer.message(2, () => writer.bool(1, cache.updateEnabled));
  writePriorities(writer, 3, cache.priorities);
  writer.int64(4, cache.maxBatchTotalSizeBytes);
  writer.int64(5, cache.symlinkAbsolutePathStrategy);
  writeInts(writer, 6, cache.supportedCompressors);
  writeInts(writer, 7, cache.supportedBatchUpdateCompressors);
  writer.int64(8, cache.maxCasBlobSizeBytes);
  writer.bool(9, cache.splitBlobSupport);
  writer.bool(10, cache.spliceBlobSupport);
  const { fastCdc2020 } = cache;
  if (fastCdc2020 === undefined) return;
  writer.message(11, () => {
    writer.int64(1, fastCdc2020.averageBytes);
    writer.int64(2, fastCdc2020.seed);
  });
}

function readCache(reader: WireReader): CacheCapabilities {
  const digestFunctions: number[] = [];
  const supportedCompressors: number[] = [];
  const supportedBatchUpdateCompressors: number[] = [];
  let priorities: readonly PriorityRange[] = [];
  let fastCdc2020: CacheCapabilities["fastCdc2020"];
  const cache = {
    updateEnabled: false,
    maxBatchTotalSizeBytes: 0,
    symlinkAbsolutePathStrategy: 0,
    maxCasBlobSizeBytes: 0,
    splitBlobSupport: false,
    spliceBlobSupport: false,
  };
  while (reader.next()) {
    if (reader.field === 1) readInts(reader, digestFunctions);
    else if (reader.field === 2) cache.updateEnabled = readUpdateEnabled(reader.message());
    else if (reader.field === 3) priorities = readPriorities(reader.message());
    else if (reader.field === 4) cache.maxBatchTotalSizeBytes = reader.int64();
    else if (reader.field === 5) cache.symlinkAbsolutePathStrategy = reader.int32();
    else if (reader.field === 6) readInts(reader, supportedCompressors);
    else if (reader.field === 7) readInts(reader, supportedBatchUpdateCompressors);
    else if (reader.field === 8) cache.maxCasBlobSizeBytes = reader.int64();
    else if (reader.field === 9) cache.splitBlobSupport = reader.bool();
    else if (reader.field === 10) cache.spliceBlobSupport = reader.bool();
    else if (reader.field === 11) fastCdc2020 = readFastCdc(reader.message());
    else reader.skip();
  }
  return { ...cache, digestFunctions, priorities, supportedCompressors, supportedBatchUpdateCompressors, fastCdc2020 };
}

function readUpdateEnabled(reader: WireReader): boolean {
  let updateEnabled = false;
  while (reader.next()) {
    if (reader.field === 1) updateEnabled = reader.bool();
    else reader.skip();
  }
  return updateEnabled;
}

function readFastCdc(reader: WireReader): { averageBytes: number; seed: number } {
  const params = { averageBytes: 0, seed: 0 };
  while (reader.next()) {
    if (reader.field === 1) params.averageBytes = reader.uint64();
    else if (reader.field === 2) params.seed = reader.int32() >>> 0;
    else reader.skip();
  }
  return params;
}

function writeExecution(writer: WireWriter, execution: ExecutionCapabilities): void {
  writer.int64(1, execution.digestFunction);
  writer.bool(2, execution.execEnabled);
  writePriorities(writer, 3, execution.priorities);
  for (const name of execution.supportedNodeProperties) writer.presentText(4, name);
  writeInts(writer, 5, execution.digestFunctions);
}

function readExecution(reader: WireReader): ExecutionCapabilities {
  const digestFunctions: number[] = [];
  const supportedNodeProperties: string[] = [];
  let priorities: readonly PriorityRange[] = [];
  const execution = { digestFunction: 0, execEnabled: false };
  while (reader.next()) {
    if (reader.field === 1) execution.digestFunction = reader.int32();
    else if (reader.field === 2) execution.execEnabled = reader.bool();
    else if (reader.field === 3) priorities = readPriorities(reader.message());
    else if (reader.field === 4) supportedNodeProperties.push(readString(reader));
    else if (reader.field === 5) readInts(reader, digestFunctions);
    else reader.skip();
  }
  return { ...execution, priorities, supportedNodeProperties, digestFunctions };
}

function writePriorities(writer: WireWriter, field: number, priorities: readonly PriorityRange[]): void {
  if (priorities.length === 0) return;
  writer.message(field, () => {
    for (const { minPriority, maxPriority } of priorities)
      writer.message(1, () => {
        writer.int64(1, minPriority);
        writer.int64(2, maxPriority);
      });
  });
}

function readPriorities(reader: WireReader): PriorityRange[] {
  const priorities: PriorityRange[] = [];
  while (reader.next()) {
    if (reader.field === 1) priorities.push(readPriority(reader.message()));
    else reader.skip();
  }
  return priorities;
}

function readPriority(reader: WireReader): PriorityRange {
  const range = { minPriority: 0, maxPriority: 0 };
  while (reader.next()) {
    if (reader.field === 1) range.minPriority = reader.int32();
    else if (reader.field === 2) range.maxPriority = reader.int32();
    else reader.skip();
  }
  return range;
}

function writeVersion(writer: WireWriter, field: number, version: SemVer | undefined): void {
  if (version === undefined) return;
  writer.message(field, () => {
    writer.int64(1, version.major);
    writer.int64(2, version.minor);
    writer.int64(3, version.patch);
    writer.text(4, version.prerelease);
  });
}

function readVersion(reader: WireReader): SemVer {
  const version = { major: 0, minor: 0, patch: 0, prerelease: "" };
  while (reader.next()) {
    if (reader.field === 1) version.major = reader.int32();
    else if (reader.field === 2) version.minor = reader.int32();
    else if (reader.field === 3) version.patch = reader.int32();
    else if (reader.field === 4) version.prerelease = readString(reader);
    else reader.skip();
  }
  return version;
}
