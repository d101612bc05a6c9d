import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { CustomerUpdate } from "../../events/customer.ts";
import type { CustomerFeatures } from "../../events/features.ts";
import { type PolicyDocument, policies, policyKey } from "../../events/policy.ts";
import { type CustomerAlert, type Prediction, triggers } from "../../events/prediction.ts";
import { isoTime, timeMs } from "../../events/time.ts";
import {
  customerAlerts,
  customerFeatures,
  customerUpdates,
  predictionsStream,
} from "../../events/topics.ts";
import { type Transaction, transactionsStream } from "../../events/transaction.ts";
import { foldOf } from "../../rules/scoring/fold.ts";
import { readModel } from "../../rules/scoring/model.ts";
import { train } from "../../rules/scoring/train.ts";
import type { Incoming, Outcome } from "../../stream/processor.ts";
import { assess } from "./assess.ts";
import { watches } from "./deadlines.ts";
import { features } from "./features.ts";
import { scoringView } from "./models.ts";
import { type CustomerRow, customerCodec } from "./row.ts";
import { occasions } from "./triggers.ts";

const options = { rounds: 30, maxDepth: 2, eta: 0.4, lambda: 1, gamma: 0, minChildWeight: 1 };
/** A model to which failed transactions, and spending beyond income, mean trouble. */
const model = (() => {
  const ids = ["failed_txn_count_30d", "failed_txn_count_7d", "spend_to_income_30d", "spend_30d"];
  const rows = Array.from({ length: 400 }, (_, n) => [n % 5, n % 3, (n % 7) / 2, n]);
  const labels = rows.map(([failed, week, spent]) => (failed + week + spent > 4.4 ? 1 : 0));
  return readModel(train({ features: ids, rows, labels }, options));
})();
const shelf = { find: (hash: string) => (hash === "aa" ? { model } : undefined), where: "models" };
const scoring = policies.read(readFileSync("policies/scoring.json"));
const active: PolicyDocument = {
  kind: "model",
  name: "delinquency",
  version: "1",
  feature_set: "1",
  hash: "aa",
};
const entries = (...documents: PolicyDocument[]) =>
  new Map<string, unknown>(documents.map((one) => [policyKey(one), one]));
const view = scoringView(entries(scoring, active), shelf);
const processor = assess(shelf);

/** One customer on a stage: events in, outcomes out, timers when they are due. */
class Stage {
  row: CustomerRow = customerCodec.create("c");
  view = view;
  #minted = 0;

  #play(act: (context: never) => Outcome | readonly Outcome[] | undefined): Outcome[] {
    const mint = () => `id-${this.#minted++}`;
    const before = Buffer.from(customerCodec.seal(this.row));
    const outcomes = act({ customer: this.row, scoring: this.view, mint } as never) ?? [];
    const list = Array.isArray(outcomes) ? outcomes : [outcomes];
    if (list.some((one) => one.kind === "dead")) this.row = customerCodec.open(before, "c");
    if (list.some((one) => one.kind === "forget")) this.row = customerCodec.create("c");
    return list;
  }

  transaction(txn_time: string, more: Partial<Transaction> = {}): Outcome[] {
    const value: Transaction = {
      ...transactionsStream.example,
      customer_id: "c",
      transaction_id: txn_time,
      balance_after: 1_000,
      txn_time,
      ...more,
    };
    return this.#take(transactionsStream.name, value, timeMs(txn_time));
  }

  profile(event_time: string, more: Partial<CustomerUpdate> = {}): Outcome[] {
    const value = { customer_id: "c", version: 1, base_currency: "EUR", event_time, ...more };
    return this.#take(customerUpdates.name, value, timeMs(event_time));
  }

  erase = (): Outcome[] => this.#take(customerUpdates.name, null, 0);

  #take(name: string, value: unknown, time: number): Outcome[] {
    const topic = name === customerUpdates.name ? customerUpdates : transactionsStream;
    const record = { topic, key: "c", value, time, ingestTime: time, id: "r", origin: "o-0-1" };
    return this.#play((context) => processor.run(record as Incoming, context));
  }

  /** Lets the clock run: every timer up to a time, with what each brought. */
  until(time: string): Outcome[] {
    const all: Outcome[] = [];
    for (let fired = 0; this.row.deadline <= timeMs(time); fired++) {
      assert.ok(fired < 200, "timers never end");
      const timer = { key: "c", table: "customer", time: this.row.deadline };
      all.push(...this.#play((context) => processor.due?.(timer, context)));
    }
    return all;
  }
}

const emitted = <T>(outcomes: Outcome[], name: string): T[] =>
  outcomes.flatMap((one) =>
    one.kind === "emit" && one.topic.name === name ? [one.value as T] : [],
  );
const predictions = (outcomes: Outcome[]) => emitted<Prediction>(outcomes, predictionsStream.name);
const trigger = (outcomes: Outcome[]) => predictions(outcomes)[0]?.trigger;
const said = (outcomes: Outcome[]) =>
  outcomes.map((one) => ("reason" in one ? one.reason : "name" in one ? one.name : one.kind));
const months = ["01", "02", "03", "04"];

/** Four months of pay on the 25th, rent on the 1st and electricity on the 10th. */
const steady = (): Stage => {
  const stage = new Stage();
  for (const month of months) {
    const pay = { txn_type: "credit", category: "salary", amount: 2_000 } as const;
    stage.transaction(`2024-${month}-01T08:00:00Z`, { category: "rent", amount: 700 });
    stage.transaction(`2024-${month}-10T08:00:00Z`, { category: "utilities", amount: 90 });
    for (const day of ["05", "12", "15", "18"])
      stage.transaction(`2024-${month}-${day}T12:00:00Z`, { amount: 40 });
    stage.transaction(`2024-${month}-25T06:00:00Z`, pay);
  }
  return stage;
};

test("given a first transaction, then it is scored, and everything keeps its contract", () => {
  const outcomes = new Stage().transaction("2024-01-10T09:00:00Z", { is_failed: true });
  const [prediction] = predictions(outcomes);
  const [vector] = emitted<CustomerFeatures>(outcomes, customerFeatures.name);
  predictionsStream.read(predictionsStream.write(prediction));
  customerFeatures.read(customerFeatures.write(vector));
  assert.equal(prediction.trigger, "failed_transaction");
  assert.equal(prediction.transaction_id, "2024-01-10T09:00:00Z");
  assert.equal(prediction.event_time, "2024-01-10T09:00:00.000Z");
  assert.equal(prediction.model_version, "delinquency-1");
  assert.equal(prediction.policy_version, "scoring:delinquency:1");
  assert.equal(prediction.previous_score, null);
  assert.equal(Object.keys(vector.features).length, features.length);
  assert.equal(vector.features.failed_txn_count_7d, 1);
  assert.equal(vector.features.salary_delay_days, null);
});

test("given a score, then base value and contributions add up to its log-odds", () => {
  const [one] = predictions(steady().transaction("2024-04-28T09:00:00Z", { is_failed: true }));
  const sum = Object.values(one.contributions).reduce(
    (total, part) => total + part,
    one.base_value,
  );
  assert.ok(Math.abs(1 / (1 + Math.exp(-sum)) - one.risk_score) < 1e-5);
});

test("given failed payments, when they raise the score, then one reason says so in words", () => {
  const stage = steady();
  let last: Prediction | undefined;
  for (const hour of ["08", "09", "10", "11"])
    last = predictions(stage.transaction(`2024-04-28T${hour}:00:00Z`, { is_failed: true }))[0];
  const failed = last!.top_features.filter((top) => top.code === "PAYMENTS_FAILED");
  assert.equal(failed.length, 1);
  assert.match(failed[0].reason, /^4 payments failed in (7|30) days/);
  assert.ok(failed[0].contribution > 0);
  assert.equal(failed[0].contribution, last!.contributions[failed[0].feature]);
  assert.ok(last!.top_features.length <= 4);
  assert.ok(last!.previous_score !== null && last!.previous_score! <= last!.risk_score);
});

test("given every trigger there is, then a movement or a timer can set it off", () => {
  const known = [...occasions, ...watches].map(([trigger]) => trigger);
  assert.deepEqual([...known, "request"].toSorted(), triggers.toSorted());
});

test("given each kind of movement, then the score names what triggered it", () => {
  const at = (more: Partial<Transaction>, time = "2024-04-28T09:00:00Z") => {
    const stage = steady();
    stage.transaction("2024-04-28T08:00:00Z", { amount: 30 });
    return stage.transaction(time, { transaction_id: "x", ...more });
  };
  assert.equal(trigger(at({ is_failed: true })), "failed_transaction");
  assert.equal(trigger(at({ category: "penalty", amount: 5 })), "penalty");
  assert.equal(trigger(at({ balance_after: -1 })), "balance_below_zero");
  assert.equal(trigger(at({ amount: 900 })), "large_transaction");
  assert.equal(trigger(at({ channel: "atm", category: "cash" })), "atm_withdrawal");
  assert.equal(trigger(at({}, "2024-04-29T09:00:00Z")), "score_older_than_a_day");
  assert.deepEqual(said(at({ amount: 30 })), ["not_a_trigger"]);
  assert.deepEqual(said(at({ is_failed: true, category: "penalty" })), ["emit", "emit"]);
});

test("given a fresh score, then only a failed transaction breaks the cool-down", () => {
  const stage = steady();
  const cash = { channel: "atm", category: "cash" } as const;
  assert.equal(trigger(stage.transaction("2024-04-28T08:00:00Z", cash)), "atm_withdrawal");
  assert.deepEqual(said(stage.transaction("2024-04-28T08:14:00Z", cash)), ["cool_down"]);
  const failed = stage.transaction("2024-04-28T08:14:30Z", { is_failed: true });
  assert.equal(trigger(failed), "failed_transaction");
  assert.equal(trigger(stage.transaction("2024-04-28T08:30:00Z", cash)), "atm_withdrawal");
});

test("given data that comes hours late, then it re-scores the newest state as late data", () => {
  const stage = steady();
  const [one] = predictions(stage.transaction("2024-04-20T09:00:00Z", { is_failed: true }));
  assert.equal(one.trigger, "late_data");
  assert.equal(one.event_time, "2024-04-20T09:00:00.000Z");
  assert.equal(one.as_of, "2024-04-25T06:00:00.000Z");
});

test("given data older than 90 days, then it is late and changes nothing", () => {
  const stage = steady();
  const before = Buffer.from(customerCodec.seal(stage.row));
  const [outcome] = stage.transaction("2024-01-20T09:00:00Z", { transaction_id: "old" });
  assert.deepEqual(outcome, { kind: "late", reason: "older_than_window" });
  assert.deepEqual(Buffer.from(customerCodec.seal(stage.row)), before);
});

test("given a transaction or a record without id twice, then the second is dropped", () => {
  const stage = steady();
  const again = stage.transaction("2024-04-25T06:00:00Z");
  assert.deepEqual(again, [{ kind: "drop", reason: "duplicate" }]);
  stage.transaction("2024-04-26T06:00:00Z", { transaction_id: null });
  const unnamed = stage.transaction("2024-04-26T06:00:00Z", { transaction_id: null });
  assert.deepEqual(unnamed, [{ kind: "drop", reason: "duplicate" }]);
});

test("given one transaction told by two sources, then both count, and it is noticed", () => {
  const stage = steady();
  const one = { amount: 31, source: "core", transaction_id: "a" };
  stage.transaction("2024-04-26T08:00:00Z", one);
  const again = stage.transaction("2024-04-26T08:05:00Z", {
    ...one,
    source: "cards",
    transaction_id: "b",
  });
  assert.deepEqual(said(again), ["suspected_duplicate", "not_a_trigger"]);
  const same = stage.transaction("2024-04-26T08:06:00Z", { ...one, source: "cards" });
  assert.deepEqual(said(same), ["not_a_trigger"], "another id of the same source");
  const repeated = stage.transaction("2024-04-26T09:00:00Z", { ...one });
  assert.deepEqual(said(repeated), ["duplicate"]);
});

test("given rates, then a floor in euros holds for a customer who counts in crowns", () => {
  const dated = [{ from: "2020-01-01", rates: { CZK: 25 } }];
  const rates = { kind: "rates", name: "default", version: "1", base: "EUR", entries: dated };
  const large = (amount: number, documents: PolicyDocument[]) => {
    const stage = new Stage();
    stage.view = scoringView(entries(scoring, active, ...documents), shelf);
    stage.profile("2024-01-01", { base_currency: "CZK" });
    for (let n = 10; n < 25; n++)
      stage.transaction(`2024-01-${n}T08:00:00Z`, { currency: "CZK", amount: 100 });
    return said(stage.transaction("2024-01-24T09:00:00Z", { currency: "CZK", amount }));
  };
  const known = policies.read(policies.write(rates as PolicyDocument)) as PolicyDocument;
  assert.deepEqual(large(2_499, [known]), ["not_a_trigger"]);
  assert.deepEqual(large(2_500, [known]), ["emit", "emit"]);
  assert.deepEqual(large(400, []), ["emit", "emit"], "without a rate it is in crowns");
});

test("given money without a rate, then the transaction counts, and that is noticed", () => {
  const stage = steady();
  const outcomes = stage.transaction("2024-04-25T08:00:00Z", { currency: "PLN", is_failed: true });
  assert.deepEqual(said(outcomes), ["no_rate", "emit", "emit"]);
});

test("given an amount finer than the customer's currency, then it is a dead letter", () => {
  const stage = new Stage();
  stage.profile("2024-01-01", { base_currency: "JPY" });
  const [outcome] = stage.transaction("2024-01-10T09:00:00Z", { amount: 1.5, currency: null });
  assert.equal(outcome.kind === "dead" && outcome.reason, "amount_precision");
});

test("given pay that does not come, then a timer scores some business days later, once", () => {
  const stage = steady();
  const outcomes = stage.until("2024-06-20T00:00:00Z");
  const late = predictions(outcomes).filter((one) => one.trigger === "salary_late");
  assert.equal(late.length, 1);
  assert.match(late[0].event_time, /^2024-05-2[89]T(0[6-9]|1[01]):/);
  assert.equal(late[0].transaction_id, null);
  assert.equal(late[0].timestamp, late[0].event_time);
});

test("given two who pay, then a timer fires for each that is late, at its own day", () => {
  const stage = new Stage();
  stage.profile("2024-01-01", { country: "CZ" });
  const pay = { txn_type: "credit", category: "salary", amount: 1_500 } as const;
  for (const month of months) {
    stage.transaction(`2024-${month}-08T06:00:00Z`, { ...pay, merchant_id: "FIRST" });
    const other = { ...pay, transaction_id: `o${month}`, merchant_id: "SECOND" };
    stage.transaction(`2024-${month}-22T06:00:00Z`, other);
  }
  const outcomes = predictions(stage.until("2024-08-01T00:00:00Z"));
  const late = outcomes.filter((one) => one.trigger === "salary_late");
  const dates = late.map((one) => one.event_time.slice(0, 10));
  assert.deepEqual(dates, ["2024-05-14", "2024-05-27"], "8 May is a holiday");
});

test("given a bill that is not paid, then a timer scores some days later", () => {
  const outcomes = steady().until("2024-06-20T00:00:00Z");
  const late = predictions(outcomes).filter((one) => one.trigger === "utility_late");
  assert.equal(late.length, 1);
  assert.match(late[0].event_time, /^2024-05-16T/);
});

test("given an instalment due soon that is not covered, then a timer scores before", () => {
  const owing = (balance_after: number) => {
    const stage = new Stage();
    const loan = { obligation_id: "L", product: "loan", instalment: 400 } as const;
    const obligations = [{ ...loan, due_rule: "day 12", next_due: "2024-02-12" }];
    stage.profile("2024-01-20", { obligations });
    stage.transaction("2024-01-21T09:00:00Z", { balance_after });
    return predictions(stage.until("2024-02-13T00:00:00Z"));
  };
  const [uncovered] = owing(399);
  assert.equal(uncovered.trigger, "due_not_covered");
  assert.match(uncovered.event_time, /^2024-02-07T/);
  assert.deepEqual(owing(400), []);
});

test("given an end of observation, then nothing is scored after it and no timer fires", () => {
  const stage = steady();
  stage.profile("2024-04-26", { observed_until: "2024-05-01T00:00:00Z" });
  assert.deepEqual(stage.until("2025-01-01T00:00:00Z"), []);
  const after = stage.transaction("2024-05-02T09:00:00Z", { is_failed: true });
  assert.deepEqual(said(after), ["unobserved"]);
});

test("given a profile, then it never moves the newest time; an older one is dropped", () => {
  const stage = steady();
  const { newest } = stage.row;
  stage.profile("2024-12-01");
  assert.equal(stage.row.newest, newest);
  assert.deepEqual(said(stage.profile("2024-11-01")), ["older_profile"]);
});

test("given a country whose holidays no rule knows, then that is counted", () => {
  const of = (country: string) => said(new Stage().profile("2024-01-01", { country }));
  assert.deepEqual([of("BR"), of("TW")], [["country_without_holidays"], []]);
});

test("given the tombstone of a profile, then the customer and the vector are forgotten", () => {
  const outcomes = steady().erase();
  assert.deepEqual(said(outcomes), ["emit", "forget"]);
  assert.deepEqual(emitted(outcomes, customerFeatures.name), [null]);
});

test("given a customer who enters CRITICAL, then staff are alerted once", () => {
  const stage = steady();
  const alerts: CustomerAlert[] = [];
  const levels: string[] = [];
  for (let n = 0; n < 8; n++) {
    const time = isoTime(timeMs("2024-04-28T08:00:00Z") + n * 3_600_000);
    const outcomes = stage.transaction(time, { is_failed: n < 6, amount: 3_000, posted: true });
    alerts.push(...emitted<CustomerAlert>(outcomes, customerAlerts.name));
    levels.push(predictions(outcomes)[0]?.risk_level);
  }
  assert.ok(levels.filter((level) => level === "CRITICAL").length > 1, levels.join());
  assert.equal(alerts.length, 1);
  assert.equal(alerts[0].alert_type, "critical_risk");
  customerAlerts.read(customerAlerts.write(alerts[0]));
});

test("given no policy or model yet, then the processor says what it waits for", () => {
  assert.match(scoringView(entries(), shelf).waitsFor!, /scoring:delinquency and .*model/);
  assert.equal(view.waitsFor, undefined);
});

test("given a model without a file, or with unknown features, then it is refused", () => {
  const missing = entries(scoring, { ...active, hash: "bb" });
  assert.throws(() => scoringView(missing, shelf), {
    code: "MODEL_MISSING",
    message: /bb.*models/,
  });
  const other = entries(scoring, { ...active, feature_set: "9" });
  assert.throws(() => scoringView(other, shelf), { code: "MODEL_WRONG" });
  const strange = { ...model, features: ["shoe_size"] };
  const shelved = { find: () => ({ model: strange }) };
  assert.throws(() => scoringView(entries(scoring, active), shelved), /shoe_size/);
});

test("given five folds, then a customer is scored by the model of its fold", () => {
  const folds = ["f0", "f1", "f2", "f3", "f4"];
  const shelved = { find: () => ({ model }) };
  const folded = scoringView(entries(scoring, { ...active, folds }), shelved);
  for (const customer of ["berka-1", "berka-2", "berka-3", "berka-4"])
    assert.equal(folded.scorerFor(customer, 0).hash, folds[foldOf(customer, 5)]);
});

test("given a calibration, then the score's log-odds and the contributions follow it", () => {
  const calibration = { method: "platt", slope: 0.5, offset: -1 } as const;
  const calibrated = scoringView(entries(scoring, active), {
    find: () => ({ model, calibration }),
  });
  const scored = (with_: typeof view) => {
    const stage = steady();
    stage.view = with_;
    return predictions(stage.transaction("2024-04-28T08:00:00Z", { is_failed: true }))[0];
  };
  const [raw, moved] = [scored(view), scored(calibrated)];
  const logOdds = (p: number) => Math.log(p / (1 - p));
  const expected = 0.5 * logOdds(raw.risk_score) - 1;
  assert.ok(Math.abs(logOdds(moved.risk_score) - expected) < 1e-4);
  assert.ok(Math.abs(moved.base_value - (0.5 * raw.base_value - 1)) < 1e-5);
});
