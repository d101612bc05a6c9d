import assert from "node:assert/strict";
import { test } from "node:test";
import { unitFor, wordsFor } from "../../events/field-words.ts";
import { allTopics } from "../../events/topics.ts";
import { fieldsOf, type SchemaNode } from "./fields.ts";

for (const { name, json } of allTopics.filter((one) => one.json !== undefined))
  test(`given the contract of ${name}, then every field says in words what it is`, () => {
    const fields = fieldsOf(json as SchemaNode);
    assert.ok(fields.length > 0);
    const silent = fields.filter(({ path, says }) => (says ?? wordsFor(name, path)) === null);
    assert.deepEqual(
      silent.map(({ path }) => path),
      [],
      "Give the field a description, or words in src/events/field-words.ts",
    );
  });

test("given a number, then its name tells its unit where it has one", () => {
  assert.equal(unitFor("processing_time_ms"), "milliseconds");
  assert.equal(unitFor("obligations.*.days_past_due"), "days");
  assert.equal(unitFor("risk_score"), "probability, 0 to 1");
  assert.equal(unitFor("rows_done"), null);
});
