import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { PartitionOffset } from "./kafka.ts";
import { NotedOffsets } from "./noted-offsets.ts";

const part = { topic: "a", partition: 0 };
const other = { topic: "a", partition: 1 };
const nothing = { messages: [], ends: [] };
const reached = (offset: number, of = part) => ({ messages: [], ends: [{ ...of, offset }] });
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A group whose answers are given by hand, and a clock that stands still. */
const open = ({ mock }: TestContext) => {
  let now = 10_000;
  mock.method(performance, "now", () => now);
  const asked: number[][] = [];
  const answers: PromiseWithResolvers<readonly PartitionOffset[]>[] = [];
  const noted = new NotedOffsets((offsets) => {
    asked.push(offsets.map(({ offset }) => offset));
    const answer = Promise.withResolvers<readonly PartitionOffset[]>();
    answers.push(answer);
    return answer.promise;
  });
  const pass = (ms: number) => {
    now += ms;
    noted.read(nothing);
  };
  return { noted, asked, answers, pass };
};

test("given news while the group is asked, then they are asked for after its answer", async (t) => {
  const { noted, asked, answers, pass } = open(t);
  noted.read(reached(1));
  noted.read(reached(2));
  pass(5_000);
  assert.deepEqual(asked, [[1]]);
  answers[0].resolve([{ ...part, offset: 1 }]);
  await settled();
  pass(0);
  assert.deepEqual(asked, [[1], [2]]);
  answers[1].resolve([{ ...part, offset: 2 }]);
  await settled();
  pass(5_000);
  assert.equal(asked.length, 2, "all is noted");
});

test("given a refusal, then it asks again, later and without any news", async (t) => {
  const { noted, asked, answers, pass } = open(t);
  noted.read(reached(1));
  noted.read(reached(5, other));
  answers[0].reject(new Error("the group gathers"));
  await settled();
  pass(200);
  assert.deepEqual(asked, [[1], [1, 5]]);
  answers[1].resolve([{ ...part, offset: 1 }]);
  await settled();
  pass(999);
  assert.equal(asked.length, 2);
  pass(1);
  assert.deepEqual(asked[2], [5], "what it noted is not asked for again");
  noted.forget([other]);
  answers[2].reject(new Error("away"));
  await settled();
  pass(5_000);
  assert.equal(asked.length, 3, "others read it now");
});

test("given its end, then it asks once more for what is not noted", async (t) => {
  const { noted, asked, answers } = open(t);
  noted.read(reached(1));
  noted.read(reached(2));
  const ended = noted.end();
  answers[0].resolve([{ ...part, offset: 1 }]);
  await settled();
  answers[1].reject(new Error("away"));
  await ended;
  assert.deepEqual(asked, [[1], [2]]);
});
