import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { BerkaSummary } from "../src/commands/berka/summary.ts";
import { removeOutsideData } from "../src/embedded/postgres-home.ts";
import { testServers } from "../src/embedded/test-servers.ts";
import { importSpace, runThrice } from "./import-runs.ts";
import { largerLedger } from "./larger-ledger.ts";
import { launch } from "./launch.ts";
import { atEnd, newFolder } from "./space.ts";

const servers = await testServers();
const data = process.env.BELLWETHER_DATA;
const invented = join(import.meta.dirname, "fixtures/berka");

const scoresOf = ({ predictions }: BerkaSummary): number =>
  Object.values(predictions).reduce((sum, count) => sum + count, 0);

test("given a small ledger, then it is scored once, however often it is run", async () => {
  // So many that a process which decides beside the one that judges would be seen to.
  const times = 12;
  const ledger = largerLedger(invented, times);
  const summary = await runThrice<BerkaSummary>(servers, "berka", ledger);
  assert.deepEqual(
    [summary.customers, summary.with_transactions, summary.transactions],
    [9 * times, 8 * times, 676 * times],
  );
  assert.deepEqual(summary.dead_letters, {});
  assert.equal(summary.late_events, 0);
  assert.ok(scoresOf(summary) > 100 * times);
  const { loans, scorable, not_scorable, bad, unscored, in_fold } = summary.verdict;
  assert.deepEqual(
    { loans, scorable, not_scorable, bad, unscored, in_fold },
    {
      loans: 6 * times,
      scorable: 5 * times,
      not_scorable: times,
      bad: 2 * times,
      unscored: 0,
      in_fold: 0,
    },
  );
  for (const file of summary.files) assert.deepEqual(file.refused, {}, file.file);
});

test("given no space, then it goes into its kind's, and the summary is a text", async () => {
  const folder = newFolder();
  atEnd(() => removeOutsideData(folder));
  const env = { DATA_FOLDER: folder, PORT: "0" };
  const run = launch(["up", "--import", `berka:${invented}`, "--once"], env);
  assert.equal((await run.ended).code, 0, run.err());
  assert.match(run.err(), /berka: imported, \d+ records in the space berka\./);
  assert.match(run.out(), /^Files\n/);
  assert.match(run.out(), /\nThe bank's ledger \(PKDD'99\), scored by the shipped model\n/);
  assert.match(run.out(), /\n {2}customers +9; 8 with transactions\n {2}transactions +676\n/);
  assert.match(run.out(), /\n {2}dead letters +0\n/);
});

test("given an import that is followed, then it runs until Ctrl-C and exits 0", async () => {
  const { env } = importSpace(servers);
  const run = launch(["up", "--import", `berka:${invented}`], env);
  await run.says(/First prediction after [\d.]+ s: berka-\d+ /);
  await run.says(/berka: imported, \d+ records in the space/);
  await run.says(/events\/s · end to end p50/);
  assert.equal((await run.stop("SIGINT")).code, 0, run.err());
  assert.doesNotMatch(run.err(), /\n\s+at /);
});

test("given a folder that is none, then the cure is said and the exit code is 2", async () => {
  const space = importSpace(servers);
  for (const [what, cure] of [
    [`berka:${join(invented, "none")}`, /cannot be read\. Give the folder with account\.asc/],
    ["berka:", /needs a folder\. Give a kind and a folder/],
    ["ledger:here", /"ledger" is no kind of import \(berka, uci-credit\)/],
  ] as const) {
    const run = launch(["up", "--import", what, "--once"], space.env);
    assert.equal((await run.ended).code, 2);
    assert.match(run.err(), cure);
  }
});

test("given the bank's ledger, then its loans are judged out of fold, the same each time", {
  skip: data ? false : "BELLWETHER_DATA is not set",
}, async () => {
  const summary = await runThrice<BerkaSummary>(servers, "berka", join(data as string, "berka"));
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
