import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { CardSummary } from "../src/commands/uci-credit/summary.ts";
import { testServers } from "../src/embedded/test-servers.ts";
import { cardSheet } from "./card-sheet.ts";
import { runOnce, runThrice } from "./import-runs.ts";
import { newFolder } from "./space.ts";

const servers = await testServers();
const data = process.env.BELLWETHER_DATA;

test("given a few card clients, then they are told once, however often it is run", async () => {
  const folder = newFolder();
  const clients = Array.from({ length: 40 }, (_, n) => ({
    ID: n + 1,
    PAY_0: n % 4 === 0 ? 2 : 0,
    PAY_AMT6: n === 5 ? 0 : 900,
    outcome: n % 4 === 0 ? 1 : 0,
  }));
  const unknown = { ID: 99, EDUCATION: 7 };
  writeFileSync(join(folder, "clients.csv"), cardSheet([...clients, unknown]));
  const summary = await runThrice<CardSummary>(servers, "uci-credit", folder);
  assert.equal(summary.customers, 40);
  assert.equal(summary.transactions, 40 * 6 - 1);
  assert.deepEqual(summary.outcomes, { payment_made: 30, payment_missed: 10 });
  assert.deepEqual(summary.dead_letters, {});
  assert.equal(summary.late_events, 0);
  const { clients: judged, defaulted, unscored } = summary.verdict;
  assert.deepEqual({ judged, defaulted, unscored }, { judged: 40, defaulted: 10, unscored: 0 });
  assert.deepEqual(summary.files[0].refused.education_code_unknown, {
    count: 1,
    first_lines: [42],
  });
});

test("given undocumented codes, then the others alone are told, unless asked for", async () => {
  const folder = newFolder();
  const clients: Record<string, number>[] = [
    { ID: 1 },
    { ID: 2, MARRIAGE: 0 },
    { ID: 3, EDUCATION: 6 },
    { ID: 4 },
  ];
  writeFileSync(join(folder, "clients.csv"), cardSheet(clients));
  const summary = await runOnce<CardSummary>(servers, "uci-credit", folder);
  assert.equal(summary.customers, 2);
  const lines = Object.entries(summary.files[0].refused).map(([why, of]) => [why, of.first_lines]);
  assert.deepEqual(Object.fromEntries(lines), {
    marriage_undocumented: [3],
    education_undocumented: [4],
  });
  const all = await runOnce<CardSummary>(servers, "uci-credit", folder, "--take-undocumented");
  assert.equal(all.customers, 4);
  assert.deepEqual(all.files[0].refused, {});
});

test("given the real clients, then each is told with its outcome", {
  skip: data ? false : "BELLWETHER_DATA is not set",
}, async () => {
  const folder = join(data as string, "uci-credit");
  const summary = await runOnce<CardSummary>(servers, "uci-credit", folder, "--take-undocumented");
  assert.equal(summary.customers, 20_000);
  assert.deepEqual(summary.outcomes, { payment_made: 15_442, payment_missed: 4_558 });
  assert.deepEqual(summary.dead_letters, {});
  assert.equal(summary.late_events, 0);
});
