import assert from "node:assert/strict";
import { test } from "node:test";
import { alarmsOf, type Tale, type Watch, warnings } from "./warnings.ts";

const DAY = 86_400_000;
const day = (n: number): number => n * DAY;

const tale = (customer_id: string, startsAt: number, more: Partial<Tale> = {}): Tale => ({
  customer_id,
  story: "job_loss",
  isLookAlike: false,
  startsAt: day(startsAt),
  missedAt: day(startsAt + 30),
  ...more,
});
const lookAlike = (customer_id: string, startsAt: number, missedAt?: number): Tale =>
  tale(customer_id, startsAt, { story: "holiday", isLookAlike: true, missedAt });

const given = (
  tales: Tale[],
  flags: Record<string, number[]>,
  more: Partial<Watch> = {},
): Watch => ({
  from: day(10),
  until: day(200),
  customers: [...new Set(tales.map(({ customer_id }) => customer_id)), "well-1", "well-2"],
  tales,
  flags: new Map(Object.entries(flags).map(([id, days]) => [id, days.map(day)])),
  ...more,
});

test("given flags around a miss, then only those from the start to before it count", () => {
  const times = { early: [49], before: [79], on: [80], twice: [60, 75], a: [70], b: [50], c: [76] };
  const tales = [...Object.keys(times), "none"].map((id) => tale(id, 50));
  const { allRisks } = warnings([given(tales, times)]);
  assert.deepEqual([allRisks.begun, allRisks.counted, allRisks.flagged?.value], [8, 8, 5 / 8]);
  // Flagged 1, 4, 10, 20 and 30 days before the miss.
  assert.equal(allRisks.leadDays?.value, 10);
  const few = warnings([given(tales, { before: [79] })]);
  assert.equal(few.allRisks.leadDays, null, "one lead is no median");
});

test("given stories that say nothing, then they are told and not counted", () => {
  const tales = [
    tale("before the watch", 5),
    tale("without a miss", 50, { missedAt: undefined }),
    tale("missed after the end", 190),
    lookAlike("watched too short", 150),
    lookAlike("missed a payment", 50, day(60)),
    lookAlike("counted", 50),
  ];
  const { allRisks, allLookAlikes, gap } = warnings([given(tales, {})]);
  assert.deepEqual([allRisks.begun, allRisks.counted, allRisks.flagged], [2, 0, null]);
  assert.deepEqual([allLookAlikes.begun, allLookAlikes.counted], [3, 1]);
  assert.equal(gap, null);
});

test("given look-alikes, then a flag in their first 60 days counts against us", () => {
  const tales = [lookAlike("a", 50), lookAlike("b", 50), tale("risk", 50)];
  const found = warnings([given(tales, { a: [109], b: [110], risk: [51] })]);
  assert.equal(found.allLookAlikes.flagged?.value, 0.5);
  assert.equal(found.allLookAlikes.leadDays, null);
  assert.equal(found.gap?.value, 0.5);
  assert.deepEqual(
    found.stories.map(({ story }) => story),
    ["job_loss", "holiday"],
  );
});

test("given flags of the healthy, then a run of them is one alarm until 14 days are quiet", () => {
  const flags = [1, 20, 30, 44, 59, 60, 300].map(day);
  // 20 is in the watch and follows 19 quiet days; 30 and 44 do not; 59 follows 15.
  assert.equal(alarmsOf(flags, day(10), day(200)), 2);
  const months = 304.375;
  const watch = given([], { "well-1": [50, 100] }, { until: day(10 + months) });
  const found = warnings([watch]);
  assert.deepEqual([found.healthy, Math.round(found.healthyMonths)], [2, 20]);
  // Two alarms in twice ten months.
  assert.ok(Math.abs((found.falseAlarms?.value ?? 0) - 100) < 1e-9);
  assert.deepEqual(
    [Math.round(found.falseAlarms?.low ?? -1), Math.round(found.falseAlarms?.high ?? 0)],
    [0, 200],
  );
});

test("given two seeds, then customers of the same name are two customers", () => {
  const watches = [given([tale("x", 50)], { x: [60] }), given([tale("x", 50)], {})];
  const { allRisks, healthy } = warnings(watches);
  assert.deepEqual([allRisks.counted, allRisks.flagged?.value, healthy], [2, 0.5, 4]);
});
