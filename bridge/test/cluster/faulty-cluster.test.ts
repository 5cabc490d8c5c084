import { afterEach, describe, expect, it } from "vitest";
import { BuildStatus } from "#src/coordinator/build.js";
import { Code, StatusError } from "#src/status/index.js";
import { createRandom, type Random } from "../coordinator/random.js";
import {
  cutAfter,
  cutRequestsAfter,
  failing,
  makesFiles,
  missing,
  openFaultCluster,
  type Fault,
  type FaultCluster,
  type Work,
} from "./fault-cluster.js";
import { openBuilds, type Builds } from "./open-builds.js";
import { openClient } from "./open-client.js";

// What builds come to on a cluster that has faults: outputs that are registered, or an error and nothing.

let opened = new AsyncDisposableStack();
afterEach(async () => {
  const closing = opened;
  opened = new AsyncDisposableStack();
  await closing.disposeAsync();
});

async function open(work?: Work): Promise<[FaultCluster, Builds]> {
  const cluster = opened.use(await openFaultCluster(work));
  return [cluster, opened.use(await openBuilds(cluster.address))];
}

const built = { status: BuildStatus.Built, registered: [expect.anything(), expect.anything(), expect.anything()] };

describe("a build", () => {
  it.each([
    ["Unavailable", Code.Unavailable],
    ["Internal", Code.Internal],
    ["Aborted", Code.Aborted],
    ["Cancelled", Code.Cancelled],
    ["ResourceExhausted", Code.ResourceExhausted],
  ])("runs again when its worker is lost (%s)", async (_, code) => {
    const [cluster, builds] = await open((made) =>
      made.run < 3 ? Promise.resolve({ status: new StatusError(code, "worker lost") }) : makesFiles(made),
    );
    expect(await builds.build("multi")).toMatchObject(built);
    expect(cluster.runs).toHaveLength(3);
  });

  it("fails, with nothing registered and the cluster named, when all its workers are lost", async () => {
    const [cluster, builds] = await open(async () => ({ status: new StatusError(Code.Internal, "worker lost") }));
    const { status, errorText, registered } = await builds.build("multi");
    expect([status, registered]).toEqual([BuildStatus.MiscFailure, []]);
    expect(errorText).toContain(`cluster grpc://${cluster.address}: worker lost (tried 5 times)`);
  });

  it("waits as long as a full queue asks for", async () => {
    const [cluster, builds] = await open();
    const later = { details: [{ kind: "retry-after", delayMs: 45_000 }] } as const;
    cluster.next("Execute", failing(Code.ResourceExhausted, later), failing(Code.ResourceExhausted, later));
    expect(await builds.build("multi")).toMatchObject(built);
    expect(builds.client.clock.slept).toEqual([45_000, 45_000]);
  });

  it("is made, and runs again, when the cluster has lost its result before it was fetched", async () => {
    const [cluster, builds] = await open(async (made) => {
      const response = await makesFiles(made);
      if (made.run === 1) cluster.evict(...response.result!.outputFiles.map(({ digest }) => digest));
      return response;
    });
    expect(await builds.build("multi")).toMatchObject(built);
    expect(cluster.runs).toHaveLength(2);
  });

  it("ends when the cluster says for ever that inputs are missing", async () => {
    const [cluster, builds] = await open();
    cluster.always("Execute", () => () => {
      throw missing([]);
    });
    const { status, registered } = await builds.build("multi");
    expect([status, registered]).toEqual([BuildStatus.MiscFailure, []]);
    cluster.always("Execute", undefined);
    expect(await builds.build("multi")).toMatchObject(built);
  });
});

it("a cluster that is away when it is connected to is waited for", async () => {
  const cluster = opened.use(await openFaultCluster());
  cluster.next("GetCapabilities", failing(Code.Unavailable), failing(Code.Internal), failing(Code.Unavailable));
  await using client = await openClient(cluster.address);
  expect(client.clock.slept).toHaveLength(3);
});

const CODES = [
  Code.Unavailable,
  Code.Unavailable,
  Code.Internal,
  Code.Unknown,
  Code.Aborted,
  Code.DeadlineExceeded,
  Code.ResourceExhausted,
  Code.Cancelled,
  Code.InvalidArgument,
  Code.FailedPrecondition,
];

/** Faults at a share of all calls, of the kinds that each can have. */
function disturb(cluster: FaultCluster, random: Random, share: number): void {
  const fails = (): Fault => failing(random.pick(CODES));
  const sometimes =
    (fault: () => Fault): Fault =>
    (right) =>
      random.chance(share) ? fault()(right) : right;
  cluster.always("*", sometimes(fails));
  const cut = (): Fault => cutAfter(random.below(3), random.pick([...CODES, "ends"]));
  for (const method of ["Read", "Execute", "WaitExecution"]) cluster.always(method, sometimes(cut));
  cluster.always(
    "Write",
    sometimes(() => cutRequestsAfter(1 + random.below(3), random.pick(CODES))),
  );
}

it.each(Array.from({ length: 24 }, (_, seed) => seed + 1))(
  "faults anywhere register all or nothing (seed %i)",
  async (seed) => {
    const random = createRandom(seed);
    const [cluster, builds] = await open();
    disturb(cluster, random, 0.1 + random.next() / 3);
    const first = await builds.build("multi");
    expect([first.status === BuildStatus.Built, first.registered.length]).toEqual(
      first.status === BuildStatus.Built ? [true, 3] : [false, 0],
    );
    for (const method of ["*", "Read", "Execute", "WaitExecution", "Write"]) cluster.always(method, undefined);
    const second = await builds.build("multi");
    expect([BuildStatus.Built, BuildStatus.AlreadyValid]).toContain(second.status);
    expect(second.registered).toHaveLength(3);
  },
);
