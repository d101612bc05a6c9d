import assert from "node:assert/strict";
import { test } from "node:test";
import { inTime } from "./in-time.ts";

const longMs = 60_000;
const never = new Promise<never>(() => {});

test("given work that ends, then its answer or its error is passed on", async () => {
  const late = () => assert.fail("it was not late");
  assert.equal(await inTime(Promise.resolve("done"), longMs, late), "done");
  const refused = inTime(Promise.reject(new Error("refused")), longMs, late);
  await assert.rejects(refused, /refused/);
});

test("given work that takes too long, then late answers, or throws", async () => {
  assert.equal(await inTime(never, 1, () => "late"), "late");
  const thrown = inTime(never, 1, () => {
    throw new Error("stuck");
  });
  await assert.rejects(thrown, /stuck/);
});

test("given work that fails after its time, then nobody is bothered", async () => {
  const work = Promise.withResolvers<void>();
  await inTime(work.promise, 1, () => {});
  const bothered: unknown[] = [];
  const hear = (thrown: unknown) => bothered.push(thrown);
  process.once("unhandledRejection", hear);
  work.reject(new Error("too late"));
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", hear);
  assert.deepEqual(bothered, []);
});

test("given a time that begins with a signal, then before it there is no bound", async () => {
  const pressing = new AbortController();
  const work = Promise.withResolvers<string>();
  const late = () => "late";
  const unpressed = inTime(work.promise, 1, late, new AbortController().signal);
  const pressed = inTime(new Promise<string>(() => {}), 1, late, pressing.signal);
  pressing.abort();
  assert.equal(await pressed, "late");
  assert.equal(await inTime(never, 1, late, pressing.signal), "late");
  work.resolve("done");
  assert.equal(await unpressed, "done");
});
