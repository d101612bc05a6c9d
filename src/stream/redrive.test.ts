import assert from "node:assert/strict";
import { test } from "node:test";
import { headersForRedrive, isForAnother, redriveFor } from "./redrive.ts";

const bw = { bw: Buffer.from("1|id") };
const meant = (group: string) => ({ redrive_for: Buffer.from(group) });

test("given a record, then it is for everybody unless a header names a group", () => {
  for (const headers of [undefined, [], [bw], [bw, { traceparent: Buffer.from("00-") }]]) {
    assert.equal(redriveFor(headers), undefined);
    assert.equal(isForAnother(headers, "ours"), false);
  }
  const headers = [bw, meant("ours")];
  assert.equal(redriveFor(headers), "ours");
  assert.equal(isForAnother(headers, "ours"), false);
  assert.equal(isForAnother(headers, "ours-too"), true);
});

test("given a record that never had a header of ours, then it can be put back all the same", () => {
  assert.equal(isForAnother([meant("ours")], "theirs"), true);
});

test("given a redriven record that is refused again, then everybody sees its dead letter", () => {
  const headers = [bw, meant("ours"), { dead: Buffer.from("{}") }];
  assert.equal(isForAnother(headers, "theirs"), false);
});

test("given a dead letter redriven before, then it goes back for the new group alone", () => {
  const dead = { dead: Buffer.from("{}") };
  const earlier = { redrive_of: Buffer.from("dead-letters-0-1") };
  const trace = { traceparent: Buffer.from("00-1") };
  assert.deepEqual(
    headersForRedrive([bw, meant("a"), earlier, trace, dead], "b", "dead-letters-0-7"),
    [bw, trace, { redrive_for: "b" }, { redrive_of: "dead-letters-0-7" }],
  );
  assert.deepEqual(headersForRedrive(undefined, "b", "c-0-1"), [
    { redrive_for: "b" },
    { redrive_of: "c-0-1" },
  ]);
});
