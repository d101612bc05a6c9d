import assert from "node:assert/strict";
import { test } from "node:test";
import { eraseAct } from "./erasure.ts";
import { accessLog } from "./events/topics.ts";
import { createKey } from "./keys.ts";
import type { ApprovalAnswer } from "./serve/messages/approvals.ts";
import { ann, ben, call, listenTo, pool, refused, until } from "./test-repairs.ts";

const cleo = await createKey(pool, { name: "cleo", role: "auditor" });
const log = listenTo("audit-group", [accessLog]);
await pool.query("insert into cases (customer_id) values ('X'), ('Y')");
const reason = "asked by letter";
const commands = async () => {
  const { rows } = await pool.query(
    "select customer_id, asked_by, agreed_by, reason from profile_commands order by seq",
  );
  return rows.map(Object.values);
};

test("given a wish to erase, then a second person agrees, and it is one command", async () => {
  const path = "/customers/X/erase";
  assert.equal(await refused(path, { reason }, ann), "KEY_ROLE_WRONG", "an engineer");
  assert.equal(await refused(path, {}, ben), "REQUEST_WRONG");
  assert.equal(await refused("/customers/NOBODY/erase", { reason }, ben), "CUSTOMER_UNKNOWN");
  const asked = await call<ApprovalAnswer>(path, { reason }, ben);
  assert.equal(asked.effect, "erase X from everything, for good: asked by letter");
  assert.deepEqual(asked.roles, ["lead", "auditor"]);
  const approve = `/approvals/${asked.approval_id}/approve`;
  assert.equal(await refused(approve, {}, ben), "APPROVAL_OWN");
  assert.equal(await refused(approve, {}, ann), "KEY_ROLE_WRONG");
  assert.deepEqual(await commands(), []);
  const { state, outcome } = await call<ApprovalAnswer>(approve, {}, cleo);
  assert.equal(state, "done");
  assert.match(outcome ?? "", /^Command 1: the tombstone follows/);
  assert.equal(await refused(approve, {}, cleo), "APPROVAL_DECIDED");
  assert.deepEqual(await commands(), [["X", "ben", "cleo", reason]]);
  const told = await until("the record of both", async () => {
    const acts = log
      .map(({ value }) => accessLog.read(value as Buffer))
      .filter(({ what, customer_id }) => what === "acted" && customer_id === "X");
    return acts.length === 2 && acts;
  });
  assert.deepEqual(told.map(({ actor }) => actor).toSorted(), ["ben", "cleo"]);
});

test("given a wish to erase that is refused, then nothing is done", async () => {
  const { approval_id: id } = await call<ApprovalAnswer>("/customers/Y/erase", { reason }, cleo);
  assert.equal((await call<ApprovalAnswer>(`/approvals/${id}/refuse`, {}, ben)).state, "refused");
  assert.ok(!(await commands()).flat().includes("Y"));
});

test("given one approval that is carried out twice, then it has one command", async () => {
  const by = { approvalId: "a-1", askedBy: "ben", agreedBy: "cleo" };
  const { carryOut } = eraseAct(pool);
  const [first, again] = [
    await carryOut({ customer: "Z", reason }, by),
    await carryOut({ customer: "Z", reason }, by),
  ];
  assert.equal(again, first);
  assert.equal((await commands()).filter(([customer]) => customer === "Z").length, 1);
});
