import assert from "node:assert/strict";
import { test } from "node:test";
import { testServers } from "../embedded/test-servers.ts";
import { testSpace } from "../embedded/test-space.ts";
import { readDecision } from "./decision.ts";

const { postgres } = await testServers(["postgres"]);
const { pool } = await testSpace(postgres.url);

type Score = {
  id: string;
  score: number;
  previous: number | null;
  at: string;
  asOf?: string;
  trigger?: string;
};

/** Scores of a customer, as they were made one after the other. */
const put = async (customer: string, scores: readonly Score[]): Promise<void> => {
  const rows = scores.map(({ id, score, previous, at, asOf, trigger = "penalty" }) => ({
    prediction_id: id,
    customer_id: customer,
    risk_score: score,
    risk_level: "HIGH",
    score_date: `2026-06-10T${at}Z`,
    top_features: [],
    trigger,
    previous_score: previous,
    base_value: 0,
    contributions: { f: score },
    model_version: "m",
    model_hash: "h",
    feature_set: "2",
    policy_version: "v",
    as_of: asOf === undefined ? null : `2026-06-10T${asOf}Z`,
  }));
  await pool.query(
    "insert into risk_scores select * from jsonb_populate_recordset(null::risk_scores, $1)",
    [JSON.stringify(rows)],
  );
};

type Changes = { from: string; score_before: number } | null;
const changesOf = async (id: string): Promise<Changes> =>
  (await readDecision(pool, id)).changes as Changes;

/** Every score but the first is compared with the one before it in the list. */
const checkChain = async (scores: readonly Score[]): Promise<void> => {
  for (const [n, { id, previous }] of scores.entries()) {
    const changes = await changesOf(id);
    assert.equal(changes?.from, scores[n - 1]?.id, id);
    assert.equal(changes?.score_before ?? null, previous, id);
  }
};

test("given late data, then each score is compared with the one that it names", async () => {
  const late = { asOf: "12:00:00", trigger: "late_data" };
  const scores: Score[] = [
    { id: "a1", score: 0.5, previous: null, at: "08:00:00" },
    { id: "a2", score: 0.6, previous: 0.5, at: "12:00:00" },
    { id: "a3", score: 0.7, previous: 0.6, at: "09:00:00", ...late },
    { id: "a4", score: 0.65, previous: 0.7, at: "07:30:00", ...late },
    { id: "a5", score: 0.8, previous: 0.65, at: "12:30:00" },
  ];
  await put("A", scores);
  await checkChain(scores);
});

test("given scores of one millisecond, then they follow each other", async () => {
  for (const ids of ["bcd", "dcb", "cdb"]) {
    const [one, two, three] = [...ids].map((id) => `${ids} ${id}`);
    const scores: Score[] = [
      { id: one, score: 0.5, previous: null, at: "12:00:00" },
      { id: two, score: 0.6, previous: 0.5, at: "12:00:00" },
      { id: three, score: 0.7, previous: 0.6, at: "12:00:00" },
    ];
    await put(ids, scores);
    await checkChain(scores);
  }
});

test("given twins that nothing tells apart, then only one is compared with the other", async () => {
  const twin = { score: 0.5, previous: 0.5, at: "12:00:00" };
  await put("E", [
    { id: "e1", ...twin },
    { id: "e2", ...twin },
  ]);
  const found = [await changesOf("e1"), await changesOf("e2")];
  assert.deepEqual(
    found.map((changes) => changes?.from),
    [undefined, "e1"],
  );
});

test("given a score on request, then it is no newer than its features", async () => {
  const scores: Score[] = [
    { id: "f1", score: 0.5, previous: null, at: "12:00:00" },
    { id: "f2", score: 0.55, previous: 0.5, at: "12:00:05", asOf: "12:00:00", trigger: "request" },
    { id: "f3", score: 0.8, previous: 0.5, at: "12:00:03" },
  ];
  await put("F", scores);
  assert.equal((await changesOf("f2"))?.from, "f1");
  assert.equal((await changesOf("f3"))?.from, "f1");
});
