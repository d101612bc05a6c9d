import assert from "node:assert/strict";
import { type Intervention, interventionsStream } from "../src/events/intervention.ts";
import { type Prediction, predictionsStream } from "../src/events/prediction.ts";
import { transactionsStream } from "../src/events/transaction.ts";
import { readTopic, valuesOf } from "./read-topic.ts";
import type { Stage } from "./space.ts";

/** What is decided about a contact; the other statuses say what became of it. */
const decided = new Set(["triggered", "deferred", "suppressed", "held_out"]);

/**
 * Every prediction that is not LOW leads to one decision. Under the same id only the one that was
 * put off or whose message was refused is decided again, and what became of a contact is told.
 */
export const checkDecisions = (
  predictions: readonly Prediction[],
  decisions: readonly Intervention[],
): void => {
  const ids = predictions.map((one) => one.prediction_id);
  assert.equal(new Set(ids).size, ids.length, "a prediction is there once");
  const open = new Set<string>();
  const first = decisions.filter(({ intervention_id: id, status }) => {
    const follows = open.has(id) || !decided.has(status);
    if (status === "deferred" || status === "rejected") open.add(id);
    else if (decided.has(status)) open.delete(id);
    return !follows;
  });
  assert.deepEqual(
    first.map((one) => one.prediction_id).sort(),
    predictions
      .filter((one) => one.risk_level !== "LOW")
      .map((one) => one.prediction_id)
      .sort(),
  );
};

const idsIn = async ({ pool }: Stage, query: string): Promise<string[]> =>
  (await pool.query<{ id: string }>(query)).rows.map(({ id }) => id).sort();
const distinct = (ids: Iterable<string | null | undefined>): string[] =>
  [...new Set(ids)].map(String).sort();

/** The rows are those of the topics: none is lacking, none is too many. */
export const checkTables = async (stage: Stage): Promise<void> => {
  const predictions = await valuesOf(stage, predictionsStream);
  const scores = await idsIn(stage, "select prediction_id as id from risk_scores");
  assert.deepEqual(scores, predictions.map((one) => one.prediction_id).sort(), "risk_scores");

  const all = await valuesOf(stage, interventionsStream);
  const decisions = [...new Map(all.map((one) => [one.intervention_id, one])).values()];
  const notTaken = (one: Intervention) =>
    ["deferred", "suppressed", "held_out"].includes(one.status);
  for (const [table, of] of [
    ["interventions", decisions.filter((one) => !notTaken(one))],
    ["suppressed_interventions", decisions.filter(notTaken)],
  ] as const) {
    const rows = await idsIn(stage, `select intervention_id as id from ${table}`);
    assert.deepEqual(rows, distinct(of.map((one) => one.intervention_id)), table);
  }
  const given = (await readTopic(stage, transactionsStream)).flatMap(({ key, value }) => {
    try {
      const one = transactionsStream.read(value as Buffer);
      return one.customer_id === String(key) ? [one.transaction_id] : [];
    } catch {
      return [];
    }
  });
  const rows = await idsIn(stage, "select transaction_id as id from transactions");
  assert.deepEqual(rows, distinct(given), "transactions");
};
