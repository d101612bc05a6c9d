import assert from "node:assert/strict";
import { test } from "node:test";
import { inTime } from "./in-time.ts";
import { Jobs } from "./jobs.ts";

const assign = { kind: "assign", parts: [], lost: false } as const;
const revoke = { kind: "revoke", parts: [], lost: false } as const;

test("given jobs, then they come in their order, and only a revoke presses", () => {
  const jobs = new Jobs();
  assert.equal(jobs.wait, false);
  jobs.add({ ...assign, parts: [] });
  assert.equal(jobs.wait, true);
  assert.equal(jobs.pressing.aborted, false);
  jobs.add({ ...revoke, parts: [] });
  assert.equal(jobs.pressing.aborted, true);
  assert.deepEqual([jobs.next()?.kind, jobs.next()?.kind], ["assign", "revoke"]);
  assert.equal(jobs.pressing.aborted, true, "the last one is still being made");
  assert.equal(jobs.next(), undefined);
  assert.equal(jobs.pressing.aborted, false);
});

test("given a commit without an answer, when others wait for us, then it has an end", async () => {
  const jobs = new Jobs();
  const answer = Promise.withResolvers<string>();
  const commit = inTime(answer.promise, 1, () => "given up", jobs.pressing);
  jobs.add({ ...assign, parts: [] });
  jobs.add({ ...revoke, parts: [] });
  assert.equal(await commit, "given up");
});
