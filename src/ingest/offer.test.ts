import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../rules/random.ts";
import { recordsOf } from "./offer.ts";

const texts = (body: string, lines = false): string[] =>
  recordsOf(Buffer.from(body), lines).map(String);

test("given one record, a list and lines, then the bytes of each record are cut out", () => {
  assert.deepEqual(texts(' {"a": [1, 2]}\n'), ['{"a": [1, 2]}']);
  assert.deepEqual(texts('[{"a":1}, {"b":"],[\\"{"} ,3]'), ['{"a":1}', '{"b":"],[\\"{"}', "3"]);
  assert.deepEqual(texts('{"a":1}\r\n\n  {"b":2}', true), ['{"a":1}', '{"b":2}']);
  for (const empty of ["", " \n", "[]", " [ ] "]) assert.deepEqual(texts(empty), [], empty);
  assert.deepEqual(texts("\n \r\n", true), []);
});

test("given a list that is broken, then the good before it stays, and nothing is lost", () => {
  assert.deepEqual(texts('[{"a":1}, {"b":'), ['{"a":1}', '{"b":']);
  assert.deepEqual(texts('[{"a":1},]'), ['{"a":1}', ""]);
  assert.deepEqual(texts('[{"a":1}, {"b":2}'), ['{"a":1}', '{"b":2}']);
  assert.deepEqual(texts('[{"a":1}] {"b":2}'), ['{"a":1}] {"b":2}']);
  assert.deepEqual(texts('[{"a": NaN}, {"b":2}]'), ['{"a": NaN}', '{"b":2}']);
});

test("given any list of values, then they are cut as JSON.parse reads them", () => {
  const random = new Random(5, 6, 7, 8);
  const pieces = ["]", "[", "{", "}", ",", '"', "\\", "\n", "é", "x"];
  const text = (): string =>
    Array.from({ length: random.whole(0, 6) }, () => random.pick(pieces)).join("");
  const value = (depth: number): unknown => {
    const kind = random.whole(0, depth > 3 ? 1 : 3);
    if (kind === 0) return random.whole(-5, 5);
    if (kind === 1) return text();
    const list = Array.from({ length: random.whole(0, 3) }, () => value(depth + 1));
    return kind === 2 ? list : Object.fromEntries(list.map((one, at) => [`${text()}${at}`, one]));
  };
  for (let round = 0; round < 500; round++) {
    const list = Array.from({ length: random.whole(0, 5) }, () => value(0));
    const body = JSON.stringify(list, undefined, random.whole(0, 2));
    assert.deepEqual(
      texts(body).map((one) => JSON.parse(one)),
      list,
      body,
    );
  }
});
