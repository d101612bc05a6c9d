import assert from "node:assert/strict";
import type { SpaceTotals } from "../src/commands/space-totals.ts";
import { type Addresses, serverEnvironment } from "../src/embedded/servers.ts";
import { interventionsStream } from "../src/events/intervention.ts";
import { predictionsStream } from "../src/events/prediction.ts";
import { transactionsStream } from "../src/events/transaction.ts";
import { inSpace } from "../src/stream/space.ts";
import { type Launched, launch, until } from "./launch.ts";
import { type Space as Read, readTopic, valuesOf } from "./read-topic.ts";
import { givenSpace, newFolder } from "./space.ts";

/** A space of its own for `up --import`. */
export const importSpace = (servers: Addresses) => {
  const env = { ...serverEnvironment(servers), DATA_FOLDER: newFolder(), PORT: "0" };
  return givenSpace(servers, env);
};
type Space = ReturnType<typeof importSpace>;

/** What a run says in the end. */
const summaryOf = async <T>(run: Launched): Promise<T> => {
  const { code } = await run.ended;
  assert.equal(code, 0, run.err());
  assert.doesNotMatch(run.err(), /\n\s+at /, "no stack trace");
  return JSON.parse(run.out());
};
/** Without the times that differ from run to run. */
const figuresOf = ({ transactions_per_second: _, ...rest }: SpaceTotals) => rest;

/** Resolves once the topic holds something, committed or not, or the run has ended without. */
const grows = (
  { admin, space }: Space,
  of: { name: string; partitions: number },
  { ended }: Launched,
): Promise<boolean> => {
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  return until(`${of.name} grows`, async () => {
    if (isOver) return true;
    const topic = inSpace(space, of.name);
    const parts = Array.from({ length: of.partitions }, (_, partition) => ({ topic, partition }));
    const ends = await admin.endOffsets(parts).catch(() => new Map<string, number>());
    return [...ends.values()].some((end) => end > 0);
  });
};

const start = (
  { env }: Space,
  kind: string,
  folder: string,
  flags: readonly string[] = [],
): Launched => launch(["up", "--import", `${kind}:${folder}`, "--once", "--json", ...flags], env);

/** A whole run in a space of its own. */
export const runOnce = <T extends SpaceTotals>(
  servers: Addresses,
  kind: string,
  folder: string,
  ...flags: string[]
): Promise<T> => summaryOf<T>(start(importSpace(servers), kind, folder, flags));

/** Fails where something was decided before the last score was there, by Kafka's own clock. */
const assertJudgedFirst = async (space: Read): Promise<void> => {
  const scored = await readTopic(space, predictionsStream);
  const decided = await readTopic(space, interventionsStream);
  const last = scored.reduce((ms, { timestamp }) => Math.max(ms, timestamp), 0);
  const first = decided.reduce((ms, { timestamp }) => Math.min(ms, timestamp), Infinity);
  assert.ok(last <= first, `scored until ${last}, decided from ${first}`);
};

/**
 * A whole run, a second one, and one in a space of its own that is killed on its way: while it
 * reads, while it judges, while it decides. All come to the same, decision by decision.
 */
export const runThrice = async <T extends SpaceTotals>(
  servers: Addresses,
  kind: string,
  folder: string,
): Promise<T> => {
  const space = importSpace(servers);
  const whole = await summaryOf<T>(start(space, kind, folder));
  const again = start(space, kind, folder);
  const second = await summaryOf<T>(again);
  assert.match(again.err(), new RegExp(`${kind}: already imported, \\d+ records in the space`));
  assert.deepEqual(figuresOf(second), figuresOf(whole));
  const nothing = { imported: null, processed: null };
  assert.deepEqual(second.transactions_per_second, nothing, "an earlier run did the work");

  const { bootstrap } = servers.kafka;
  await assertJudgedFirst({ ...space, bootstrap });

  const other = importSpace(servers);
  for (const topic of [transactionsStream, predictionsStream, interventionsStream]) {
    const killed = start(other, kind, folder);
    await grows(other, topic, killed);
    await killed.stop("SIGKILL");
  }
  assert.deepEqual(figuresOf(await summaryOf<T>(start(other, kind, folder))), figuresOf(whole));
  assert.deepEqual(
    await valuesOf({ ...other, bootstrap }, interventionsStream),
    await valuesOf({ ...space, bootstrap }, interventionsStream),
  );
  return whole;
};
