import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { testServers } from "./embedded/test-servers.ts";
import { testSpace } from "./embedded/test-space.ts";
import { customerUpdates } from "./events/customer.ts";
import { interventionsStream } from "./events/intervention.ts";
import { type Notification, notificationResults, notifications } from "./events/notification.ts";
import { type ContactPolicy, policies, policyKey } from "./events/policy.ts";
import { type Prediction, predictionsStream, riskLevels } from "./events/prediction.ts";
import { isoTime } from "./events/time.ts";
import { intervene } from "./process/contact/intervene.ts";
import { randomOf } from "./rules/random.ts";
import { HOUR, noon, openTestLedger } from "./sink/notify/test-ledger.ts";
import { openDriver } from "./stream/driver.ts";
import type { Received } from "./stream/reader.ts";

const { postgres } = await testServers(["postgres"]);
const policy: ContactPolicy = {
  ...(policies.read(
    readFileSync(new URL("../policies/contact.json", import.meta.url)),
  ) as ContactPolicy),
  holdout_share: 0,
};
const customers = ["C1", "C2", "C3"];
const pastMs = 40 * 24 * HOUR;

/** A past that ends now: its newest events are too young to look like history. */
function* past(seed: number): Generator<{ customer: string; value: Prediction; time: number }> {
  const random = randomOf(seed, "past sends");
  for (let time = noon - pastMs; time < noon; time += random.whole(1, 5) * HOUR) {
    const customer = random.pick(customers);
    const at = { timestamp: isoTime(time), event_time: isoTime(time) };
    const said = { prediction_id: `P${time}`, customer_id: customer, ...at };
    const value = { ...predictionsStream.example, ...said, risk_level: random.pick(riskLevels) };
    yield { customer, value, time };
  }
}

/** Contact's decisions about a past beside a notify that answers at once, or when all is over. */
const decide = async (seed: number, answers: "early" | "late") => {
  const ledger = await openTestLedger(await testSpace(postgres.url), 0);
  const sender = ledger.sender();
  const driver = openDriver({ processors: [intervene] });
  driver.feed(policies, policyKey(policy), policy);
  const consent = [{ purpose: "service", channel: "any" as const, given: true }];
  const known = { ...customerUpdates.example, country: null, consent };
  const event_time = isoTime(noon - pastMs);
  for (const id of customers) {
    await ledger.customer(id);
    const update = { ...known, customer_id: id, event_time } as never;
    driver.feed(customerUpdates, id, update, { id: `known ${id}` });
  }
  let told = 0;
  let heard = 0;
  /** Takes what contact wants sent to notify, and brings back what it says of it. */
  const answer = async (): Promise<void> => {
    const sent = driver.outputs(notifications).slice(told);
    if (sent.length === 0) return;
    told += sent.length;
    const carried = sent.map(({ value, header }): Received => {
      return { ...ledger.record(value as Notification), header };
    });
    await ledger.intake(carried);
    await sender.settleAll();
    const results = (await ledger.results()).slice(heard);
    heard += results.length;
    for (const one of results)
      driver.feed(notificationResults, String(one.customer_id), one, { id: one.result_id });
    return answer();
  };
  for (const { customer, value, time } of past(seed)) {
    driver.feed(predictionsStream, customer, value, { id: `score ${time}`, ingestTime: noon });
    if (answers === "early") await answer();
  }
  driver.tick(noon);
  await answer();
  const decisions = driver
    .outputs(interventionsStream)
    .map(({ value, header }) => `${header?.id} ${JSON.stringify(value)}`);
  assert.equal(ledger.provider.asked(), 0, "nothing of the past is sent");
  return { decisions, sends: told, state: driver.stateHash() };
};

test("given one past, then decisions are equal whether notify was fast or slow", async () => {
  let sends = 0;
  for (const seed of [1, 2, 3]) {
    const early = await decide(seed, "early");
    const late = await decide(seed, "late");
    assert.deepEqual(late, early, `seed ${seed}`);
    sends += early.sends;
  }
  assert.ok(sends > 10, `${sends} sends`);
});
