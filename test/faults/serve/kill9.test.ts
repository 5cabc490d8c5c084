import { expect, it } from "vitest";
import { killRounds } from "./kill-rounds.ts";

// More of them, with other moments: test/interop/serve/kill9.peer.ts.

it("a server killed under load has all that it acknowledged when it starts again, and nothing torn", async () => {
  const report = await killRounds({ rounds: 5, seed: 1, roundsPerState: 5 });
  expect(report.restartMs).toHaveLength(5);
  // The clients had come far enough for this to mean something.
  const { batches, streams, results } = report.acknowledged;
  expect(Math.min(batches, streams, results)).toBeGreaterThan(0);
}, 120_000);
