"""The rules for protocol buffers that are part of Bazel 4, under the names by which its own tools load them; the real ones would be downloaded."""

proto_lang_toolchain = native.proto_lang_toolchain
proto_library = native.proto_library
