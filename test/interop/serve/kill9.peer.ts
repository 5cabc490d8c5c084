import { expect, it } from "vitest";
import { killRounds } from "../../faults/serve/kill-rounds.ts";

// ROUNDS=500 SEED=7 for more and other moments.
const rounds = Number(process.env["ROUNDS"] ?? 100);
const seed = Number(process.env["SEED"] ?? 2);

const ROUND_MS = 30_000;

it(
  `a server killed ${rounds} times under load (SEED=${seed}) has all that it acknowledged, and nothing torn`,
  async () => {
    const report = await killRounds({ rounds, seed, roundsPerState: 20 });
    const sorted = report.restartMs.toSorted((a, b) => a - b);
    const restartMs = { median: sorted[sorted.length >> 1], longest: sorted.at(-1) };
    console.log(JSON.stringify({ ...report, restartMs }));
    expect(report.restartMs).toHaveLength(rounds);
    const { batches, streams, results } = report.acknowledged;
    expect(Math.min(batches, streams, results)).toBeGreaterThan(rounds);
  },
  rounds * ROUND_MS,
);
