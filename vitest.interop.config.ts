import { defineConfig } from "vitest/config";

/** Foreign programs that take long to get or to run: `npm run interop`. The rest is in `npm test`. */
export default defineConfig({
  test: {
    include: ["test/interop/**/*.peer.ts"],
    testTimeout: 300_000,
    hookTimeout: 1_500_000,
    pool: "forks",
    maxWorkers: 1,
    reporters: ["verbose"],
  },
});
