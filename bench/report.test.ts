import assert from "node:assert/strict";
import { test } from "node:test";
import { bars, judge } from "./bars.ts";
import { ratios, short, spread } from "./figures.ts";
import { pinsFor } from "./machine.ts";
import { report } from "./report.ts";
import { type Line, type Measurement, merged, type Run, type Section } from "./results.ts";

const run = (id: string): Run => ({
  kind: "run",
  run: id,
  machine: "4 CPUs",
  pins: "broker on CPU 0",
  commit: "abc",
  rounds: 2,
  quick: false,
  notes: ["something failed"],
});
const drained = (who: string, round: number, perSecond: number, id = "20260101t101112") =>
  measured("w1", "one core", who, round, { events_per_s: perSecond }, id);
const measured = (
  section: Section,
  what: string,
  who: string,
  round: number,
  figures: Record<string, unknown>,
  id = "20260101t101112",
): Measurement => {
  const at = "2026-01-01T10:11:12.000Z";
  return { kind: "measurement", run: id, section, what, who, round, at, figures };
};

const ours = "Bellwether, every 100 ms";
const theirs = "Kafka Streams";
const throughput = bars[0];

test("given rounds that get slower together, then each ratio is taken within its round", () => {
  const lines: Line[] = [drained(theirs, 1, 30_000), drained(theirs, 2, 20_000)];
  lines.push(drained(ours, 1, 60_000), drained(ours, 2, 40_000));
  const judged = judge(lines, throughput);
  assert.equal(judged.ratio, "2.00 (2.00–2.00)");
  assert.equal(judged.ours, "50,000 (40,000–60,000)");
  assert.equal(judged.reached, "yes");
});

test("given ours below the bar, then it is not reached, and nobody hides it", () => {
  const lines = [drained(theirs, 1, 30_000), drained(ours, 1, 44_000)];
  assert.equal(judge(lines, throughput).reached, "**no**");
});

test("given no peer in the same round, then nothing is compared", () => {
  const lines = [drained(theirs, 1, 30_000), drained(ours, 2, 90_000)];
  assert.equal(judge(lines, throughput).reached, "not measured");
  assert.equal(ratios(new Map([[1, 5]]), new Map([[1, 0]])).size, 0);
});

test("given a bar that is an upper one, then less is better", () => {
  const bar = bars.find(({ ask }) => ask.section === "line" && ask.what === "2000/s");
  assert.ok(bar);
  const at = (p99: number) =>
    judge([measured("line", "2000/s", "Bellwether", 1, { visible_p99_ms: p99 })], bar).reached;
  assert.equal(at(99.9), "yes");
  assert.equal(at(100), "**no**");
});

test("given one row in a hundred that is slow, then the bar of contributions says no", () => {
  const bar = bars.find(({ ask }) => ask.section === "scoring" && ask.figure === "p99");
  assert.ok(bar);
  const at = (p99: number) =>
    judge([measured("scoring", bar.ask.what, bar.ask.who, 1, { p50: 10, p99 })], bar).reached;
  assert.equal(at(199), "yes");
  assert.equal(at(200), "**no**");
});

test("given a part that is measured again, then its old figures go and the others stay", () => {
  const old: Line[] = [run("a"), drained(ours, 1, 1, "a"), run("b")];
  old.push(measured("up", "from an empty folder", "Bellwether", 1, {}, "b"));
  const fresh: Line[] = [run("c"), drained(ours, 1, 2, "c")];
  assert.deepEqual(
    merged(old, fresh).map((line) => `${line.kind} ${line.run}`),
    ["run b", "measurement b", "run c", "measurement c"],
  );
});

test("given results, then the page shows run, notes, figures and every bar", () => {
  const page = report([run("20260101t101112"), drained(ours, 1, 44_321)]);
  assert.match(page, /2026-01-01 10:11 UTC\*\*, w1; 2 rounds; commit abc/);
  assert.match(page, / {2}- something failed/);
  assert.match(page, /\| one core \| Bellwether, every 100 ms \| 44,321 \|/);
  for (const bar of bars) assert.ok(page.includes(bar.says), bar.says);
});

test("given results of before a figure was measured, then it is left open, others stand", () => {
  const figures = { first_prediction_s: 16.9, memory_pss_mb: 1_100 };
  const lines = [measured("up", "from an empty folder", "Bellwether", 1, figures)];
  const alive = bars.find(({ ask }) => ask.figure === "console_alive_s");
  assert.ok(alive);
  assert.equal(judge(lines, alive).reached, "not measured");
  assert.match(report([run("20260101t101112"), ...lines]), /\| 16\.9 \| – \| – \| 1,100 \|/);
});

test("given customers in state, then the page says what ten times as many would need", () => {
  const figures = { customers: 1_000_000, ten_times_memory_mb: 40_500, ten_times_restore_s: 321 };
  const lines = [
    run("20260101t101112"),
    measured("state", "1,000,000 customers", "Bellwether", 1, { ...figures, restore_s: 32.1 }),
  ];
  const page = report(lines);
  assert.match(page, /\| 1,000,000 customers \| Bellwether \|.*\| 32\.1 \|/);
  assert.match(page, /\(10,000,000 customers\), reckoned in proportion:\n40,500 MB and 321 s/);
});

test("given values of any size, then few digits are shown", () => {
  assert.deepEqual([34_231.6, 45.12, 0.554].map(short), ["34,232", "45.1", "0.55"]);
  assert.equal(spread(new Map()), "–");
});

test("given fewer than four CPUs, then nobody measures two cores, and the page says so", () => {
  const cpus = (list = "") => list.split(",");
  for (const count of [4, 8]) {
    const { broker, one, toolsOfOne, hasTwo, product } = pinsFor(count, true);
    assert.equal(product, "0-2");
    const taken = [...cpus(broker), ...cpus(one), ...cpus(toolsOfOne)];
    assert.equal(new Set(taken).size, taken.length);
    assert.ok(hasTwo);
  }
  for (const count of [1, 2, 3]) {
    const pins = pinsFor(count, true);
    assert.equal(pins.hasTwo, false);
    assert.match(pins.says, /two cores are not measured/);
    for (const cpu of [...cpus(pins.broker), ...cpus(pins.one)]) assert.ok(Number(cpu) < count);
  }
});
