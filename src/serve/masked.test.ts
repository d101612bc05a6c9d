import assert from "node:assert/strict";
import { test } from "node:test";
import { customerUpdates } from "../events/topics.ts";
import { type MaskNode, mask, masked } from "./masked.ts";

test("given a whole profile, then no personal field is left and the others are", () => {
  const canary = "canary-4711";
  const profile = {
    ...customerUpdates.example,
    name: canary,
    email: `${canary}@example.org`,
    phone: canary,
    date_of_birth: "1970-01-01",
    gender: "f",
    accounts: [{ account_id: canary, type: "current", role: "owner", nickname: canary }],
    undeclared: canary,
  };
  const shown = masked(profile, customerUpdates.json as MaskNode) as typeof profile;
  assert.ok(!JSON.stringify(shown).includes(canary));
  assert.equal(shown.date_of_birth, mask);
  assert.equal(shown.gender, mask);
  assert.deepEqual(shown.accounts, [{ account_id: mask, type: "current", role: "owner" }]);
  assert.equal(shown.obligations![0].instalment, 200);
  assert.equal(shown.time_zone, "Europe/Prague");
});

test("given every path that the contract calls personal, then each is masked", () => {
  const at = (value: unknown, path: string[]): unknown =>
    path.reduce<unknown>(
      (v, key) => (v as Record<string, unknown>)?.[key === "*" ? "0" : key],
      value,
    );
  for (const path of customerUpdates.personal) {
    const keys = path.split(".");
    const value = keys.reduceRight<unknown>(
      (inner, key) => (key === "*" ? [inner] : { [key]: inner }),
      "secret",
    );
    assert.equal(at(masked(value, customerUpdates.json as MaskNode), keys), mask, path);
  }
  assert.ok(customerUpdates.personal.length >= 6);
});

test("given a field that is null, then it stays null", () => {
  assert.deepEqual(masked({ name: null }, customerUpdates.json as MaskNode), { name: null });
});
