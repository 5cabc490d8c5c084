import protobuf from "protobufjs";

/*
 * The messages in the words of another protobuf implementation. Strings are declared as bytes where ours are raw.
 * Source of names and numbers: build/bazel/remote/execution/v2/remote_execution.proto.
 */
const { root } = protobuf.parse(
  `
syntax = "proto3";
message Digest { string hash = 1; int64 size_bytes = 2; }
message Timestamp { int64 seconds = 1; int32 nanos = 2; }
message Any { string type_url = 1; bytes value = 2; }
message UInt32Value { uint32 value = 1; }
message Property { string name = 1; string value = 2; }
message Platform { repeated Property properties = 1; }
message NodeProperties { repeated Property properties = 1; Timestamp mtime = 2; UInt32Value unix_mode = 3; }
message Action {
  Digest command_digest = 1; Digest input_root_digest = 2; Timestamp timeout = 6; bool do_not_cache = 7; bytes salt = 9; Platform platform = 10;
}
message EnvironmentVariable { bytes name = 1; bytes value = 2; }
message Command {
  repeated bytes arguments = 1; repeated EnvironmentVariable environment_variables = 2; repeated bytes output_files = 3;
  repeated bytes output_directories = 4; Platform platform = 5; bytes working_directory = 6; repeated bytes output_paths = 7;
  repeated string output_node_properties = 8; int32 output_directory_format = 9;
}
message FileNode { bytes name = 1; Digest digest = 2; bool is_executable = 4; NodeProperties node_properties = 6; }
message DirectoryNode { bytes name = 1; Digest digest = 2; }
message SymlinkNode { bytes name = 1; bytes target = 2; NodeProperties node_properties = 4; }
message Directory {
  repeated FileNode files = 1; repeated DirectoryNode directories = 2; repeated SymlinkNode symlinks = 3; NodeProperties node_properties = 5;
}
message Tree { Directory root = 1; repeated Directory children = 2; }
message OutputFile { bytes path = 1; Digest digest = 2; bool is_executable = 4; bytes contents = 5; }
message OutputDirectory { bytes path = 1; Digest tree_digest = 3; bool is_topologically_sorted = 4; Digest root_directory_digest = 5; }
message OutputSymlink { bytes path = 1; bytes target = 2; }
message ExecutedActionMetadata {
  string worker = 1; Timestamp queued = 2; Timestamp worker_start = 3; Timestamp worker_completed = 4; Timestamp input_fetch_start = 5;
  Timestamp input_fetch_completed = 6; Timestamp execution_start = 7; Timestamp execution_completed = 8; Timestamp output_upload_start = 9;
  Timestamp output_upload_completed = 10; repeated Any auxiliary_metadata = 11; Timestamp virtual_execution_duration = 12;
}
message ActionResult {
  repeated OutputFile output_files = 2; repeated OutputDirectory output_directories = 3; int32 exit_code = 4; bytes stdout_raw = 5;
  Digest stdout_digest = 6; bytes stderr_raw = 7; Digest stderr_digest = 8; ExecutedActionMetadata execution_metadata = 9;
  repeated OutputSymlink output_file_symlinks = 10; repeated OutputSymlink output_directory_symlinks = 11; repeated OutputSymlink output_symlinks = 12;
}
`,
  { keepCase: true },
);

/** The bytes of a message by protobufjs. Fields are written in the order of their numbers; those not given are left out. */
export function foreign(type: string, fields: object): Buffer {
  const message = root.lookupType(type);
  return Buffer.from(message.encode(message.fromObject(fields)).finish());
}

/** What protobufjs reads. */
export function read(type: string, bytes: Uint8Array): unknown {
  return root.lookupType(type).decode(bytes).toJSON();
}
