import assert from "node:assert/strict";
import { test } from "node:test";
import { customerUpdates } from "../../events/customer.ts";
import { type DashboardUpdate, dashboardUpdates, type PanelName } from "../../events/dashboard.ts";
import { deadLetters } from "../../events/engine.ts";
import { type Intervention, interventionsStream } from "../../events/intervention.ts";
import {
  customerAlerts,
  type Prediction,
  predictionsStream,
  type RiskLevel,
} from "../../events/prediction.ts";
import { isoTime } from "../../events/time.ts";
import type { Received } from "../../stream/reader.ts";
import type { Topic } from "../../stream/topic.ts";
import { addTo, newOverview } from "./fold.ts";
import { LagCourse } from "./lag.ts";
import { Panels } from "./panels.ts";
import { Rate } from "./rate.ts";

const now = Date.UTC(2026, 0, 10, 12);
const hour = 3_600_000;

const received = (topic: unknown, key: string, value: unknown, at = now): Received => {
  const of = topic as Topic;
  const header = { id: "1", type: "x", source: "x@1", schema: "1", origin: "1", trace: "1" };
  return {
    topic: of,
    partition: 0,
    offset: 0,
    key,
    value: value === null ? null : of.write(value),
    header: { ...header, eventTime: at, ingestTime: at },
    appendTime: at + 40,
  };
};

const scored = (customer: string, level: RiskLevel, more: Partial<Prediction> = {}, at = now) =>
  received(
    predictionsStream,
    customer,
    {
      ...(predictionsStream.example as Prediction),
      customer_id: customer,
      prediction_id: `${customer}-${level}-${at}`,
      risk_level: level,
      event_time: isoTime(at),
      ...more,
    },
    at,
  );

const decided = (id: string, status: Intervention["status"]) =>
  received(interventionsStream, "C", {
    ...(interventionsStream.example as Intervention),
    intervention_id: id,
    status,
  });

const fold = (...records: Received[]) => {
  const overview = newOverview();
  addTo(overview, records, ({ status }) => `because of ${status}`);
  return overview;
};

const of = <P extends PanelName>(panel: P, updates: readonly DashboardUpdate[]) =>
  updates.filter((one): one is Extract<DashboardUpdate, { panel: P }> => one.panel === panel);

const panelsOf = (...records: Received[]) => {
  const overview = fold(...records);
  const panels = new Panels(overview);
  panels.bandsKnown = true;
  return { overview, panels };
};

test("given scores, then each customer counts once, in the newest band", () => {
  const { panels } = panelsOf(
    scored("A", "LOW", {}, now - 30 * hour),
    scored("B", "HIGH", {}, now - 30 * hour),
    scored("A", "CRITICAL", {}, now - hour),
    scored("A", "LOW", {}, now - 2 * hour),
    scored("C", "LOW", {}, now - hour),
  );
  const [{ value }] = of("bands", panels.changed(now));
  assert.deepEqual(value.customers, { LOW: 1, MEDIUM: 0, HIGH: 1, CRITICAL: 1 });
  assert.deepEqual(value.today, { LOW: 0, MEDIUM: 0, HIGH: 0, CRITICAL: 1 });
});

test("given a new day, then nothing has changed in it so far", () => {
  const { panels } = panelsOf(scored("A", "HIGH"));
  assert.equal(of("bands", panels.changed(now))[0].value.today.HIGH, 1);
  assert.equal(of("bands", panels.changed(now + 13 * hour))[0].value.today.HIGH, 0);
});

test("given a band that was known from the tables, then telling it again changes nothing", () => {
  const { overview, panels } = panelsOf(scored("A", "HIGH", {}, now - hour));
  overview.customers.note("A", "LOW", now - 30 * hour);
  const [{ value }] = of("bands", panels.changed(now));
  assert.deepEqual(value.customers, { LOW: 0, MEDIUM: 0, HIGH: 1, CRITICAL: 0 });
});

test("given that not all bands are known yet, then none are shown", () => {
  const panels = new Panels(fold(scored("A", "HIGH")));
  assert.deepEqual(of("bands", panels.changed(now)), []);
});

test("given an erased customer, then no panel counts or names them, whatever comes late", () => {
  const erased = received(customerUpdates, "A", null);
  const { panels } = panelsOf(scored("A", "HIGH"), erased, scored("B", "LOW"));
  panels.changed(now);
  const late = panelsOf(erased, scored("A", "HIGH"));
  const shown = late.panels.changed(now);
  assert.equal(of("bands", shown)[0].value.customers.HIGH, 0);
  assert.deepEqual(of("scores", shown), []);
  const again = panels.changed(now + hour);
  assert.doesNotMatch(JSON.stringify(again), /"A"/);
});

test("given an erased customer who comes back, then they count from then on", () => {
  const erased = received(customerUpdates, "A", null);
  const late = scored("A", "CRITICAL", {}, now - 1);
  const { overview, panels } = panelsOf(scored("A", "HIGH", {}, now - hour), erased);
  overview.customers.note("A", "MEDIUM", now - 30 * hour);
  const back = scored("A", "LOW", { previous_score: null }, now + hour);
  addTo(overview, [late, back, late], () => "");
  const shown = panels.changed(now + hour);
  const { customers } = of("bands", shown)[0].value;
  assert.deepEqual(customers, { LOW: 1, MEDIUM: 0, HIGH: 0, CRITICAL: 0 });
  assert.deepEqual(of("scores", shown), []);
});

test("given a decision and what became of it, then one entry with the newest status", () => {
  const { overview, panels } = panelsOf(decided("I1", "triggered"), decided("I2", "deferred"));
  assert.deepEqual(
    of("decisions", panels.changed(now)).map(({ id, value }) => [id, value.status]),
    [
      ["I1", "triggered"],
      ["I2", "deferred"],
    ],
  );
  addTo(overview, [decided("I1", "sent")], ({ status }) => `because of ${status}`);
  const [{ id, value }] = of("decisions", panels.changed(now + 1));
  assert.deepEqual([id, value.status, value.why], ["I1", "sent", "because of sent"]);
  assert.equal(overview.interventions, 2, "a sequel is no decision");
});

test("given scores that hardly move, then they are no news; alerts and rises are", () => {
  const { panels } = panelsOf(
    scored("A", "LOW", { risk_score: 0.11, previous_score: 0.1 }),
    scored("B", "LOW", { risk_score: 0.3, previous_score: 0.1 }),
    scored("C", "HIGH", { previous_score: null }),
    received(customerAlerts, "C", customerAlerts.example),
  );
  const updates = panels.changed(now);
  assert.deepEqual(
    of("scores", updates).map(({ value }) => value.customer_id),
    ["B", "C"],
  );
  const [alert] = of("alerts", updates);
  assert.deepEqual(
    [alert.value.kind, alert.value.says],
    ["critical_risk", "Two payments failed in 7 days"],
  );
});

test("given a flood, then only its newest entries are said, each as the topic wants it", () => {
  const many = Array.from({ length: 500 }, (_, n) => scored(`C${n}`, "HIGH"));
  const { panels } = panelsOf(...many, decided("I1", "triggered"));
  const updates = [...panels.changed(now), ...panels.second(now, { events: 1 })];
  assert.equal(of("scores", updates).length, 50);
  for (const update of updates)
    assert.deepEqual(dashboardUpdates.read(dashboardUpdates.write(update)), update);
});

test("given nothing new, then nothing is said, but what stands now and then again", () => {
  const { panels } = panelsOf(scored("A", "HIGH"));
  panels.changed(now);
  assert.deepEqual(panels.changed(now + 1_000), []);
  assert.equal(of("bands", panels.changed(now + 10_000)).length, 1);
  assert.equal(of("scores", panels.changed(now + 10 * 60_000)).length, 1, "for whoever is late");
});

test("given live events, then rates and latencies; given silence, then latency is unknown", () => {
  const { overview, panels } = panelsOf(scored("A", "HIGH"));
  panels.second(now, { events: 100 });
  addTo(overview, [scored("B", "LOW"), scored("C", "LOW")], () => "");
  const [{ value: rates }] = of("throughput", panels.second(now + 1_000, { events: 300 }));
  assert.equal(rates.events_per_s, 200);
  assert.equal(rates.predictions_per_s, 2);
  const [{ value: latency }] = of("latency", panels.second(now + 2_000, { events: undefined }));
  assert.ok(Math.abs((latency.prediction_p99_ms ?? 0) - 40) < 1);
  assert.equal(latency.intervention_p99_ms, null);
  const [later] = of("latency", panels.second(now + hour, { events: undefined }));
  assert.equal(later.value.prediction_p99_ms, null);
});

test("given history, then it counts, but not among the latencies", () => {
  const old = scored("A", "HIGH");
  const { panels, overview } = panelsOf({
    ...old,
    header: { ...old.header!, eventTime: now - hour },
  });
  assert.equal(overview.predictions, 1);
  const [{ value }] = of("latency", panels.second(now, { events: 0 }));
  assert.equal(value.prediction_p99_ms, null);
});

test("given dead letters and what cannot be read, then both are counted", () => {
  const overview = fold(received(deadLetters, "A", Buffer.from("x")), {
    ...received(predictionsStream, "A", null),
    value: Buffer.from("{"),
  });
  assert.equal(overview.deadLetters, 1);
  assert.equal(overview.statuses.unreadable, 1);
});

test("given a total that falls, then the rate begins anew instead of being negative", () => {
  const rate = new Rate();
  rate.sample(0, 1_000);
  rate.sample(1_000, 2_000);
  assert.equal(rate.perSecond(), 1_000);
  rate.sample(2_000, 10);
  assert.equal(rate.perSecond(), 0);
  rate.sample(3_000, 30);
  assert.equal(rate.perSecond(), 20);
});

const lagOf = (group: string, records: number, seconds: number | null) => ({
  group: `s.${group}`,
  topic: "s.t",
  partition: 0,
  committed: 0,
  known: true,
  end: records,
  records,
  seconds,
});
const bare = (name: string) => name.slice(2);

test("given a lag that shrinks, then it is said when it will be gone", () => {
  const course = new LagCourse();
  course.read([lagOf("a", 1_000, 10), lagOf("b", 0, 0)], now, bare);
  const lag = course.read([lagOf("a", 500, 5), lagOf("b", 0, 0)], now + 10_000, bare);
  assert.deepEqual(
    [lag.seconds, lag.records, lag.trend, lag.caught_up_in_s],
    [5, 500, "shrinking", 10],
  );
  assert.deepEqual(lag.groups[0], { group: "a", seconds: 5, records: 500 });
});

test("given a group that stands still, then its lag grows though its records do not", () => {
  const course = new LagCourse();
  course.read([lagOf("a", 3, 4)], now, bare);
  const lag = course.read([lagOf("a", 3, 14)], now + 10_000, bare);
  assert.deepEqual([lag.trend, lag.caught_up_in_s], ["growing", null]);
});

test("given no lag, then it is steady and caught up; given no group, then it is unknown", () => {
  const course = new LagCourse();
  const lag = course.read([lagOf("a", 0, 0)], now, bare);
  assert.deepEqual([lag.seconds, lag.trend, lag.caught_up_in_s], [0, "steady", 0]);
  assert.equal(new LagCourse().read([], now, bare).seconds, null);
});

test("given a lag whose age nobody knows, then it comes first, as unknown", () => {
  const course = new LagCourse();
  course.read([lagOf("a", 8, null), lagOf("b", 9, 60)], now, bare);
  const lag = course.read([lagOf("a", 8, null), lagOf("b", 9, 70)], now + 10_000, bare);
  assert.deepEqual([lag.seconds, lag.records, lag.trend], [null, 8, "steady"]);
  assert.equal(lag.caught_up_in_s, null);
  assert.deepEqual(
    lag.groups.map(({ group, seconds }) => [group, seconds]),
    [
      ["a", null],
      ["b", 70],
    ],
  );
});
