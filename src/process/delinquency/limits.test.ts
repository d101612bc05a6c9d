import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { policies, policyKey } from "../../events/policy.ts";
import { transactionsStream } from "../../events/topics.ts";
import { readModel } from "../../rules/scoring/model.ts";
import { train } from "../../rules/scoring/train.ts";
import { openDriver } from "../../stream/driver.ts";
import { assess } from "./assess.ts";
import { balanceOf } from "./evolve.ts";
import { features } from "./features.ts";
import { overflowSlot, slotOf } from "./lists.ts";
import { hash48 } from "./movement.ts";
import { accountsMax, type CustomerRow, cell, idsMax, lists } from "./row.ts";
import { living, valuesAt } from "./test-customer.ts";

const model = (() => {
  const set = { features: [features[0].id], rows: [[0], [1]], labels: [0, 1] };
  const size = { rounds: 1, maxDepth: 1, eta: 0.1, lambda: 1, gamma: 0, minChildWeight: 1 };
  return readModel(train(set, size));
})();

const noon = Date.UTC(2024, 0, 1, 12);
const HOUR_MS = 3_600_000;

test("given more transactions than ids are kept of, then each forgotten id is counted", () => {
  const processor = assess({ find: () => ({ model }) });
  const driver = openDriver({ processors: [processor], partitions: 1, keepsOutputs: false });
  const scoring = policies.read(readFileSync("policies/scoring.json"));
  for (const one of [scoring, policies.example]) driver.feed(policies, policyKey(one), one);
  const send = (n: number, time = noon + Math.floor(n / 3) * HOUR_MS) => {
    const txn_time = new Date(time).toISOString();
    const value = { ...transactionsStream.example, transaction_id: `t${n}`, txn_time };
    driver.feed(transactionsStream, "c", { ...value, customer_id: "c" });
  };
  const { reasons } = driver.counters(processor.name);
  const forgotten = () => reasons.get("count:transaction_id_forgotten");
  for (let n = 0; n < idsMax; n++) send(n);
  assert.equal(forgotten(), undefined);
  send(idsMax);
  send(idsMax + 1);
  assert.equal(forgotten(), 2);
  const row = driver.row(processor.name, "customer", "c") as CustomerRow;
  assert.deepEqual([row.count(lists.ids), row.debits90], [idsMax, idsMax + 2]);
  send(idsMax, noon);
  assert.equal(reasons.get("drop:duplicate"), 1, "what came last is known");
});

test("given more accounts than are kept, then the others count, without their balances", () => {
  const last = accountsMax + 2;
  const told = Array.from({ length: last }, (_, n) => ({
    day: 10,
    account_id: `account ${n}`,
    amount: 1,
    balance_after: 100,
  }));
  const again = told.map((one) => ({ ...one, day: 11, amount: 2, balance_after: 90 }));
  const row = living(...told, ...again);
  assert.equal(row.count(lists.accounts), accountsMax);
  const slots = told.map(({ account_id }) => slotOf(row, hash48(account_id)));
  assert.deepEqual(slots.slice(accountsMax), [overflowSlot, overflowSlot]);
  assert.equal(new Set(slots).size, accountsMax + 1);
  for (const slot of slots)
    assert.equal(balanceOf(row, slot), slot === overflowSlot ? Number.NaN : 9_000);
  const values = valuesAt(row, 11);
  assert.equal(values.spend_30d, 3 * last);
  assert.equal(values.min_balance_30d, 90 * accountsMax);
  const perDay = accountsMax + 1;
  assert.equal(row.count(lists.buckets), 2 * perDay);
  const ids = row.get(lists.buckets, perDay - 1, cell.more) & 0xffff;
  assert.equal(ids, 2, "both further accounts share a place");
});
