import assert from "node:assert/strict";
import { after, test } from "node:test";
import { transactionsStream } from "./events/topics.ts";
import type { ApprovalAnswer } from "./serve/messages/approvals.ts";
import type { GroupsAnswer, ResetAnswer } from "./serve/messages/groups.ts";
import { noteForgotten } from "./sink/postgres/forgotten.ts";
import { openWriter } from "./stream/writer.ts";
import {
  ann,
  ben,
  bootstrap,
  call,
  pool,
  refused,
  space,
  startAssess,
  transaction,
  until,
} from "./test-repairs.ts";

const writer = await openWriter({ bootstrap, space, source: "test@1" });
after(() => writer.close());

test("given an empty group and a second person, then its offsets move", async () => {
  const group = "feature-processor-group";
  const path = `/groups/${group}/offsets/reset`;
  for (let n = 0; n < 60; n++)
    await writer.send(transactionsStream, `G-${n}`, transaction(`G-${n}`, n) as never);
  await writer.flush();
  const stopAssess = startAssess();
  const joined = await until("the processor has joined", async () => {
    const { groups } = await call<GroupsAnswer>("/groups");
    const found = groups.find((one) => one.group === group);
    return found?.state === "stable" && found.members.length > 0 && found;
  });
  assert.equal(joined.of, "feature-processor");
  await until("it has read on", async () => {
    const { parts } = await call<ResetAnswer>(path, { to: "latest", dry_run: true });
    return parts.every(({ from, to }) => from === to);
  });
  assert.ok(joined.members[0].parts.length > 0);
  const wish = { to: "earliest", topic: transactionsStream.name };
  const busy = await call<ResetAnswer>(path, { ...wish, dry_run: true });
  assert.match(busy.hindrance?.says ?? "", /1 member would go on/);
  assert.equal(busy.hindrance?.command, "./bellwether up --without feature-processor");
  assert.equal(await refused(path, wish), "GROUP_BUSY");
  await stopAssess();

  const plan = await until("the group is empty", async () => {
    const tried = await call<ResetAnswer>(path, { ...wish, dry_run: true });
    return tried.hindrance === null && tried;
  });
  assert.equal(plan.parts.length, transactionsStream.partitions);
  const again = plan.parts.reduce((sum, part) => sum + part.again, 0);
  assert.ok(again > 40, plan.effect);
  assert.match(plan.effect, /^move the offsets of feature-processor-group on \d partitions: about/);
  const { approval } = await call<ResetAnswer>(path, wish);
  const { approval_id: id } = approval as ApprovalAnswer;
  assert.equal(await refused(`/approvals/${id}/approve`, {}, ann), "APPROVAL_OWN");
  assert.equal((await call<ApprovalAnswer>(`/approvals/${id}/approve`, {}, ben)).state, "done");
  const after = await call<ResetAnswer>(path, { ...wish, to: "latest", dry_run: true });
  assert.deepEqual(
    after.parts.map(({ from }) => from),
    plan.parts.map(({ to }) => to),
  );
  assert.equal(await refused(path, wish), "NOTHING_MOVES");

  const late = { to: "time", time: "2030-01-01T00:00:00Z", topic: wish.topic, dry_run: true };
  const skipped = await call<ResetAnswer>(path, late);
  assert.equal(
    skipped.parts.reduce((sum, part) => sum + part.skipped, 0),
    again,
  );
  for (const elsewhere of ["transactions-sink-group", "redis-sink-group", "archive-group"]) {
    const where = `/groups/${elsewhere}/offsets/reset`;
    assert.equal(await refused(where, { to: "latest" }), "OFFSETS_ELSEWHERE");
    const { hindrance } = await call<ResetAnswer>(where, { to: "latest", dry_run: true });
    assert.ok((hindrance?.cure ?? "").length > 20);
  }
  assert.equal(await refused("/groups/nobody/offsets/reset", { to: "latest" }), "GROUP_UNKNOWN");
});

const group = "feature-processor-group";
const path = `/groups/${group}/offsets/reset`;

/** Has the group read one record more, and end. */
const readOn = async (n: number) => {
  await writer.send(transactionsStream, "R-1", transaction("R-1", n) as never);
  await writer.flush();
  const stopAssess = startAssess();
  await until("it has read to the end", async () => {
    const { parts } = await call<ResetAnswer>(path, { to: "latest", dry_run: true });
    return parts.every(({ from, to }) => from === to);
  });
  await stopAssess();
  await until("it is empty", async () => {
    const tried = await call<ResetAnswer>(path, { to: "latest", dry_run: true });
    return tried.hindrance === null;
  });
};

const agreed = async ({ approval }: ResetAnswer): Promise<ApprovalAnswer> => {
  const { approval_id: id } = approval as ApprovalAnswer;
  return call<ApprovalAnswer>(`/approvals/${id}/approve`, {}, ben);
};

test("given a group that has read on since it was asked, then it is not moved", async () => {
  await readOn(1);
  const asked = await call<ResetAnswer>(path, { to: "earliest" });
  await readOn(2);
  const { state, outcome } = await agreed(asked);
  assert.equal(state, "failed");
  assert.match(outcome ?? "", /has read on since/);
});

test("given an erasure, then no group goes back behind it, and up to it one may", async () => {
  await readOn(3);
  const asked = await call<ResetAnswer>(path, { to: "earliest" });
  const erasedAt = Date.now();
  await noteForgotten(pool, space, new Map([["SOMEBODY", erasedAt]]));
  const { state, outcome } = await agreed(asked);
  assert.equal(state, "failed");
  assert.match(outcome ?? "", /would bring them back\. Go on from a time after that\.$/);
  assert.equal(await refused(path, { to: "earliest" }), "BEHIND_ERASURE");
  const { hindrance } = await call<ResetAnswer>(path, { to: "earliest", dry_run: true });
  assert.match(hindrance?.says ?? "", /^A customer was erased at 20/);
  await until("a later moment", async () => Date.now() > erasedAt);
  await readOn(4);
  const later = new Date(erasedAt + 1).toISOString();
  const moved = await call<ResetAnswer>(path, { to: "time", time: later });
  assert.equal(
    moved.parts.reduce((sum, { again }) => sum + again, 0),
    1,
  );
  assert.equal((await agreed(moved)).state, "done");
});
