import { bazel7 } from "./open-workspace.ts";
import { describeBazel } from "./suite.ts";

describeBazel("Bazel 7.7.1", bazel7, [
  { name: "SHA-256" },
  {
    name: "SHA-256, compressed",
    flags: ["--remote_cache_compression", "--remote_instance_name=interop/zstd"],
    compressed: true,
  },
  { name: "BLAKE3", startup: ["--digest_function=blake3"] },
]);
