import assert from "node:assert/strict";
import { test } from "node:test";
import { type Prediction, predictionsStream } from "../../events/prediction.ts";
import { brokenSeal, sealed, sealOf } from "./seal.ts";

const { example } = predictionsStream;

test("given the example of the topic, its seal holds", () => {
  assert.equal(brokenSeal(example), undefined);
  assert.match(example.seal!, /^[0-9a-f]{64}$/);
});

/** As a store that keeps the fields of objects in its own order gives it back. */
const shuffled = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toReversed();
  return Object.fromEntries(entries.map(([name, each]) => [name, shuffled(each)]));
};

test("given other fields around it and another order, the seal still holds", () => {
  const kept = { ...(shuffled(example) as Prediction), what_if: false, more: null };
  assert.equal(brokenSeal(JSON.parse(JSON.stringify(kept))), undefined);
});

const places = (value: unknown, path: (string | number)[]): (string | number)[][] =>
  typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([name, each]) => places(each, [...path, name]))
    : [path];

const changed = (from: Prediction, path: (string | number)[]): Prediction => {
  const copy = structuredClone(from);
  // biome-ignore lint/suspicious/noExplicitAny: any field of any part is changed
  const holder: any = path.slice(0, -1).reduce((at: any, name) => at[name], copy);
  const last = path.at(-1)!;
  const old = holder[last];
  holder[last] = typeof old === "number" ? old + 0.001 : `${old}x`;
  return copy;
};

test("given any part of the explanation changed, the seal is broken", () => {
  const outside = new Set(["timestamp", "event_type"]);
  const paths = places(example, []).filter(([name]) => !outside.has(String(name)));
  assert.ok(paths.length > 30);
  for (const path of paths)
    assert.match(brokenSeal(changed(example, path)) ?? "", /changed after/, path.join("."));
  const { failed_txn_count_7d, ...fewer } = example.contributions;
  assert.ok(failed_txn_count_7d);
  assert.match(brokenSeal({ ...example, contributions: fewer }) ?? "", /changed after/);
});

test("given contributions that do not add up, or no seal, it is said", () => {
  const wrong = sealed({ ...example, log_odds: 3 });
  assert.match(brokenSeal(wrong) ?? "", /add up to 1\.098612, not to its log-odds 3/);
  assert.match(brokenSeal({ ...example, seal: null }) ?? "", /bears no seal/);
  assert.equal(sealOf(wrong), wrong.seal);
});
