import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { BerkaSummary } from "../src/commands/berka/summary.ts";
import { serverEnvironment } from "../src/embedded/servers.ts";
import { testServers } from "../src/embedded/test-servers.ts";
import { predictionsStream } from "../src/events/prediction.ts";
import { transactionsStream } from "../src/events/transaction.ts";
import { inSpace } from "../src/stream/space.ts";
import { type Launched, launch, until } from "./launch.ts";
import { givenSpace, newFolder } from "./space.ts";

const servers = await testServers();
const data = process.env.BELLWETHER_DATA;
const invented = join(import.meta.dirname, "fixtures/berka");

const newSpace = () => {
  const env = { ...serverEnvironment(servers), DATA_FOLDER: newFolder(), PORT: "0" };
  return givenSpace(servers, env);
};
type Space = Awaited<ReturnType<typeof newSpace>>;

const start = ({ env }: Space, folder: string): Launched =>
  launch(["up", "--import", `berka:${folder}`, "--once", "--json"], env);

/** What a run says in the end, without the times that differ from run to run. */
const summaryOf = async (run: Launched): Promise<BerkaSummary> => {
  const { code } = await run.ended;
  assert.equal(code, 0, run.err());
  assert.doesNotMatch(run.err(), /\n\s+at /, "no stack trace");
  return JSON.parse(run.out());
};
const figuresOf = ({ transactions_per_second: _, ...rest }: BerkaSummary) => rest;

/** Resolves once the topic holds something that was committed, or not yet. */
const grows = ({ admin, space }: Space, of: { name: string; partitions: number }) =>
  until(`${of.name} grows`, async () => {
    const topic = inSpace(space, of.name);
    const parts = Array.from({ length: of.partitions }, (_, partition) => ({ topic, partition }));
    const ends = await admin.endOffsets(parts).catch(() => new Map<string, number>());
    return [...ends.values()].some((end) => end > 0);
  });

/** A whole run, a second one, and one in a space of its own that is killed twice on its way. */
const runThrice = async (folder: string): Promise<BerkaSummary> => {
  const space = newSpace();
  const whole = await summaryOf(start(space, folder));
  const again = start(space, folder);
  const second = await summaryOf(again);
  assert.match(again.err(), /berka: already imported, \d+ records in the space/);
  assert.deepEqual(figuresOf(second), figuresOf(whole));
  const nothing = { imported: null, processed: null };
  assert.deepEqual(second.transactions_per_second, nothing, "an earlier run did the work");

  const other = newSpace();
  for (const topic of [transactionsStream, predictionsStream]) {
    const killed = start(other, folder);
    await Promise.race([grows(other, topic), killed.ended]);
    await killed.stop("SIGKILL");
  }
  assert.deepEqual(figuresOf(await summaryOf(start(other, folder))), figuresOf(whole));
  return whole;
};

const scoresOf = ({ predictions }: BerkaSummary): number =>
  Object.values(predictions).reduce((sum, count) => sum + count, 0);

test("given a small ledger, then it is scored once, however often it is run", async () => {
  const summary = await runThrice(invented);
  assert.deepEqual(
    [summary.customers, summary.with_transactions, summary.transactions],
    [9, 8, 676],
  );
  assert.deepEqual(summary.dead_letters, {});
  assert.equal(summary.late_events, 0);
  assert.ok(scoresOf(summary) > 100);
  const { loans, scorable, not_scorable, bad, unscored, in_fold } = summary.verdict;
  assert.deepEqual(
    { loans, scorable, not_scorable, bad, unscored, in_fold },
    { loans: 6, scorable: 5, not_scorable: 1, bad: 2, unscored: 0, in_fold: 0 },
  );
  for (const file of summary.files) assert.deepEqual(file.refused, {}, file.file);
});

test("given a folder that is none, then the cure is said and the exit code is 2", async () => {
  const space = newSpace();
  for (const [what, cure] of [
    [`berka:${join(invented, "none")}`, /cannot be read\. Give the folder with account\.asc/],
    ["berka:", /needs a folder\. Give a kind and a folder/],
    ["ledger:here", /"ledger" is no kind of import \(berka\)/],
  ] as const) {
    const run = launch(["up", "--import", what, "--once"], space.env);
    assert.equal((await run.ended).code, 2);
    assert.match(run.err(), cure);
  }
});

test("given the bank's ledger, then its loans are judged out of fold, the same each time", {
  skip: data ? false : "BELLWETHER_DATA is not set",
}, async () => {
  const summary = await runThrice(join(data as string, "berka"));
  const { verdict } = summary;
  assert.equal(summary.transactions, 64_330);
  assert.deepEqual([verdict.loans, verdict.scorable, verdict.not_scorable], [505, 215, 290]);
  assert.deepEqual([verdict.bad, verdict.unscored, verdict.in_fold], [20, 0, 0]);
  assert.equal(verdict.hits + verdict.misses, verdict.bad);
  assert.equal(verdict.hits + verdict.false_alarms, verdict.flagged);
  const auc = verdict.auc?.value ?? 0;
  assert.ok(auc > 0.75 && auc < 0.97, `AUC ${auc}`);
  assert.deepEqual(summary.dead_letters, {});
});
