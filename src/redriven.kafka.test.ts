import assert from "node:assert/strict";
import { test } from "node:test";
import { deadLetters, predictionsStream, transactionsStream } from "./events/topics.ts";
import { inSpace } from "./stream/space.ts";
import { brief, hopAt, journey, pool, put, space } from "./test-journey.ts";

test("given a record that was redriven, then its way is one from each of its parts", async () => {
  const customer = "C-AGAIN";
  const first = await put(transactionsStream, customer, { amount: "twelve" });
  const [, partition, offset] = /-(\d)-(\d+)$/.exec(first)!;
  const topic = inSpace(space, transactionsStream.name);
  const why = { reason: "wrong_type", topic, partition: +partition, offset: +offset };
  const letter = await put(deadLetters, customer, { amount: "twelve" }, { dead: why });
  await pool.query("insert into dead_letters values ($1, 'scorer', 'wrong_type', now(), $2)", [
    inSpace(space, first),
    inSpace(space, letter),
  ]);
  await pool.query(
    `insert into dead_letters_settled (origin, processor, how, settled_by)
     values ($1, 'scorer', 'redriven', 'ann')`,
    [inSpace(space, first)],
  );
  const copy = await put(transactionsStream, customer, { amount: 12 }, { redriveOf: letter });
  const by = { origin: copy, source: "scorer@3" };
  const score = await put(predictionsStream, customer, { prediction_id: "p-again" }, by);
  for (const id of [first, letter, copy, score]) {
    const { hops } = await journey(id);
    assert.deepEqual(brief(hops), [
      `* ${first} < null`,
      `* ${letter} < ${first}`,
      `* ${copy} < ${letter}`,
      `* ${score} < ${copy}`,
    ]);
    assert.equal(hopAt(hops, copy).working_ms, 0, "it waited for a person");
  }
});
