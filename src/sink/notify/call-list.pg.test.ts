import assert from "node:assert/strict";
import { test } from "node:test";
import { testServers } from "../../embedded/test-servers.ts";
import { testSpace } from "../../embedded/test-space.ts";
import { Failure } from "../../errors.ts";
import { openCallList } from "./call-list.ts";
import { phoneChannel } from "./phone.ts";
import { HOUR, openTestLedger, templates } from "./test-ledger.ts";

const { postgres } = await testServers(["postgres"]);

const setUp = async () => {
  const ledger = await openTestLedger(await testSpace(postgres.url));
  const { pool, clock, customer, notify, sender } = ledger;
  const list = openCallList({ pool, templates, now: () => clock.now });
  const own = sender([phoneChannel]);
  const add = async (id: string, priority = 1, more: object = {}) => {
    await customer(`c-${id}`, { name: "Anna Koch", phone: "+420111222", language: "de" });
    await notify(id, {
      channel: "phone",
      message: "immediate contact required",
      priority,
      ...more,
    });
    await own.settleAll();
  };
  return { ...ledger, list, own, add };
};
const failsWith = (code: string) => (thrown: unknown) =>
  thrown instanceof Failure && thrown.code === code;

test("given a call, then it is listed in the ledger's transaction, nameless", async () => {
  const { list, add, attempts, told } = await setUp();
  await add("late", 2);
  await add("urgent", 1);
  const open = await list.open();
  assert.deepEqual(
    open.map((call) => call.call_id),
    ["urgent", "late"],
  );
  assert.doesNotMatch(JSON.stringify(open), /Anna|\+420/);
  assert.deepEqual(await attempts("urgent"), ["accepted"]);
  assert.deepEqual(await told(), ["late accepted", "urgent accepted"]);
});

test("given a call, then one person takes it, and says how it ended", async () => {
  const { list, add, told, results } = await setUp();
  await add("n");
  const both = await Promise.allSettled([list.take("n", "maria"), list.take("n", "paul")]);
  const taken = both.filter((one) => one.status === "fulfilled");
  assert.equal(taken.length, 1);
  const { value } = taken[0];
  assert.deepEqual([value.phone, value.name], ["+420111222", "Anna Koch"]);
  assert.match(value.script, /^Fragen Sie nach Anna Koch/);
  const person = value.taken_by as string;
  const other = person === "maria" ? "paul" : "maria";
  await assert.rejects(list.take("n", other), failsWith("CALL_TAKEN"));
  await assert.rejects(list.end("n", other, "answered"), failsWith("CALL_TAKEN"));
  assert.equal((await list.take("n", person)).state, "taken");
  assert.equal((await list.end("n", person, "answered")).state, "answered");
  assert.equal((await list.end("n", person, "answered")).state, "answered");
  await assert.rejects(list.end("n", person, "no_answer"), failsWith("CALL_ENDED"));
  await assert.rejects(list.take("n", person), failsWith("CALL_ENDED"));
  await assert.rejects(list.take("nobody", person), failsWith("CALL_UNKNOWN"));
  assert.deepEqual(await told(), ["n accepted", "n answered"]);
  assert.equal((await results())[1].by, person);
  assert.deepEqual(await list.open(), []);
});

test("given a customer who paid meanwhile, then nobody is called or written to", async () => {
  const { list, add, cure, notify, sender, state, told } = await setUp();
  await add("n");
  await cure("c-n");
  await assert.rejects(list.take("n", "maria"), failsWith("CALL_WITHDRAWN"));
  await notify("m", { channel: "sms" });
  await cure("c-m");
  await sender().settleAll();
  assert.equal(await state("m"), "withdrawn");
  assert.deepEqual((await told()).slice(-2), [
    "n withdrawn payment_cured",
    "m withdrawn payment_cured",
  ]);
});

test("given a customer who says no before the call, then it leaves the list", async () => {
  const { list, add, customer, told } = await setUp();
  await add("n");
  await customer("c-n", { statuses: ["cease_contact"] });
  await assert.rejects(list.take("n", "maria"), failsWith("CALL_WITHDRAWN"));
  assert.deepEqual(await told(), ["n accepted", "n withdrawn cease_contact"]);
  assert.deepEqual(await list.open(), []);
});

test("given the evening, then the call waits for the morning", async () => {
  const { list, add, clock } = await setUp();
  await add("n");
  clock.now += 10 * HOUR;
  await assert.rejects(list.take("n", "maria"), failsWith("CALL_NOT_NOW"));
  clock.now += 11 * HOUR;
  assert.equal((await list.take("n", "maria")).state, "taken");
});

test("given a call that is forgotten, then another takes it, and at last it expires", async () => {
  const { list, add, clock, own, told } = await setUp();
  await add("n");
  await list.take("n", "maria");
  clock.now += HOUR;
  assert.equal((await list.take("n", "paul")).taken_by, "paul");
  clock.now += 24 * HOUR;
  await own.settleAll();
  assert.deepEqual(await told(), ["n accepted", "n expired not_called"]);
  await assert.rejects(list.end("n", "paul", "answered"), failsWith("CALL_ENDED"));
});

test("given an erased customer, then nothing of the call is left", async () => {
  const { pool, list, add } = await setUp();
  await add("n");
  await pool.query("delete from notifications where customer_id = 'c-n'");
  assert.deepEqual(await list.open(), []);
  for (const name of ["calls", "notification_attempts"])
    assert.equal((await pool.query(`select 1 from ${name}`)).rowCount, 0);
});
