import assert from "node:assert/strict";
import { test } from "node:test";
import { testServers } from "../embedded/test-servers.ts";
import { testSpace } from "../embedded/test-space.ts";
import { Failure, failure } from "../errors.ts";
import type { Caller } from "./access.ts";
import { type Agreed, Approvals } from "./approvals.ts";

const { postgres } = await testServers(["postgres"]);
const { pool } = await testSpace(postgres.url);

const person = (name: string, role: Caller["role"] = "engineer"): Caller => ({ name, role });
const [ann, ben, eve] = [person("ann"), person("ben"), person("eve", "viewer")];
const wish = { act: "launch", what: { n: 212 }, effect: "launch 212 kites" };
const refusedWith = (code: string) => (thrown: unknown) => {
  assert.ok(thrown instanceof Failure, String(thrown));
  assert.equal(thrown.code, code);
  return true;
};

const setUp = (carryOut?: (what: unknown, by: Agreed) => Promise<string>) => {
  const done: [unknown, Agreed][] = [];
  const notes: string[] = [];
  const note = async ({ name }: Caller, detail: string) => {
    notes.push(`${name} ${detail}`);
  };
  const act = {
    act: "launch",
    roles: ["engineer"] as const,
    carryOut: async (what: unknown, by: Agreed) => {
      done.push([what, by]);
      return carryOut ? carryOut(what, by) : "212 kites fly";
    },
  };
  return { approvals: new Approvals(pool, [act], note), done, notes };
};

test("given a wish, then another person agrees, and it is done once under both names", async () => {
  const { approvals, done, notes } = setUp();
  const asked = await approvals.ask(wish, ann);
  assert.deepEqual([asked.state, asked.yours, asked.may_decide], ["open", true, false]);
  const [listed] = await approvals.list(ben, ["launch"]);
  assert.deepEqual([listed.yours, listed.may_decide, listed.effect], [false, true, wish.effect]);
  const id = asked.approval_id;
  await assert.rejects(approvals.agree(id, ann), refusedWith("APPROVAL_OWN"));
  await assert.rejects(approvals.agree(id, eve), refusedWith("KEY_ROLE_WRONG"));
  assert.equal(done.length, 0);
  const agreed = await approvals.agree(id, ben);
  assert.deepEqual([agreed.state, agreed.outcome], ["done", "212 kites fly"]);
  assert.deepEqual(done, [[wish.what, { approvalId: id, askedBy: "ann", agreedBy: "ben" }]]);
  await assert.rejects(approvals.agree(id, ben), refusedWith("APPROVAL_DECIDED"));
  await assert.rejects(approvals.refuse(id, ben), refusedWith("APPROVAL_DECIDED"));
  assert.deepEqual(notes, [
    "ann asked a second person to agree: launch 212 kites",
    "ben agreed as the second person: launch 212 kites",
  ]);
});

test("given many that agree at the same moment, then it is done exactly once", async () => {
  const { approvals, done } = setUp(() => new Promise((resolve) => setImmediate(resolve, "ok")));
  const { approval_id: id } = await approvals.ask(wish, ann);
  const others = Array.from({ length: 12 }, (_, n) => approvals.agree(id, person(`p${n}`)));
  const ends = await Promise.allSettled(others);
  assert.equal(done.length, 1);
  assert.equal(ends.filter(({ status }) => status === "fulfilled").length, 1);
  for (const end of ends)
    if (end.status === "rejected") {
      const { code } = end.reason as Failure;
      assert.ok(["APPROVAL_DECIDED", "APPROVAL_UNDER_WAY"].includes(code), String(end.reason));
    }
});

test("given one that refuses while another agrees, then only one of them counts", async () => {
  for (let round = 0; round < 8; round++) {
    const { approvals, done } = setUp();
    const { approval_id: id } = await approvals.ask(wish, ann);
    await Promise.allSettled([approvals.agree(id, ben), approvals.refuse(id, person("cy"))]);
    const found = (await approvals.list(ann, undefined)).find((one) => one.approval_id === id);
    assert.equal(found?.state, done.length === 1 ? "done" : "refused");
  }
});

test("given an act that dies midway, then agreeing again ends it under the same id", async () => {
  let tries = 0;
  const { approvals, done } = setUp(async () => {
    if (tries++ === 0) throw failure("READ_MODEL_AWAY");
    return "done at last";
  });
  const { approval_id: id } = await approvals.ask(wish, ann);
  await assert.rejects(approvals.agree(id, ben), refusedWith("READ_MODEL_AWAY"));
  await assert.rejects(approvals.agree(id, ann), refusedWith("APPROVAL_OWN"));
  await assert.rejects(approvals.refuse(id, ben), refusedWith("APPROVAL_DECIDED"));
  const agreed = await approvals.agree(id, person("cy"));
  assert.deepEqual([agreed.state, agreed.outcome], ["done", "done at last"]);
  assert.deepEqual(
    done.map(([, by]) => by),
    Array(2).fill({ approvalId: id, askedBy: "ann", agreedBy: "ben" }),
  );
});

test("given an act that is refused, then that is its outcome", async () => {
  const broken = setUp(async () => {
    throw new Error("secret");
  });
  const first = await broken.approvals.ask(wish, ann);
  const { state, outcome } = await broken.approvals.agree(first.approval_id, ben);
  assert.deepEqual([state, outcome], ["failed", "It failed unexpectedly."]);
  const refused = setUp(async () => {
    throw failure("CALL_ENDED", "C-1");
  });
  const second = await refused.approvals.ask(wish, ann);
  const agreed = await refused.approvals.agree(second.approval_id, ben);
  assert.equal(agreed.state, "failed");
  assert.match(agreed.outcome ?? "", /The call "C-1" has ended/);
});

test("given a wish that nobody decided about in time, then it lapses", async () => {
  const { approvals, done } = setUp();
  const { approval_id: id } = await approvals.ask(wish, ann);
  await pool.query("update approvals set expires_at = now() where approval_id = $1", [id]);
  await assert.rejects(approvals.agree(id, ben), refusedWith("APPROVAL_EXPIRED"));
  await assert.rejects(approvals.refuse(id, ann), refusedWith("APPROVAL_EXPIRED"));
  assert.equal(done.length, 0);
  const found = (await approvals.list(ben, undefined)).find((one) => one.approval_id === id);
  assert.deepEqual([found?.state, found?.may_decide], ["expired", false]);
});

test("given one's own wish, then it can be withdrawn", async () => {
  const { approvals } = setUp();
  const { approval_id: id } = await approvals.ask(wish, ann);
  const { state, decided_by } = await approvals.refuse(id, ann);
  assert.deepEqual([state, decided_by], ["withdrawn", "ann"]);
  await assert.rejects(approvals.agree("no-such", ben), refusedWith("APPROVAL_UNKNOWN"));
  await assert.rejects(approvals.ask(wish, eve), refusedWith("KEY_ROLE_WRONG"));
});
