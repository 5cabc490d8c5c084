import { bazel4 } from "./open-workspace.ts";
import { describeBazel } from "./suite.ts";

describeBazel("Bazel 4.2.3", bazel4, [{ name: "SHA-256" }]);
