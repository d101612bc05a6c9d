import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContactPolicy, PolicyDocument } from "../events/policy.ts";
import { policyHash } from "./policy.ts";
import { differencesOf } from "./policy-difference.ts";

const steps: ContactPolicy["steps"] = [
  { risk_level: "HIGH", intervention_type: "call", channel: "phone", message: "m" },
  { risk_level: "LOW", intervention_type: "none" },
];
const policy = { kind: "contact", name: "a", version: "1", steps, cool_off_hours: 72 };

test("given two documents, then each place at which they differ is named", () => {
  const other = {
    ...policy,
    version: "2",
    cool_off_hours: 24,
    steps: [steps[1], { ...steps[0], channel: "sms" }],
    comment: null,
  };
  assert.deepEqual(differencesOf(policy, other), [
    { path: "cool_off_hours", before: 72, after: 24 },
    { path: "steps.HIGH.channel", before: "phone", after: "sms" },
    { path: "version", before: "1", after: "2" },
  ]);
  assert.deepEqual(differencesOf(policy, structuredClone(policy)), []);
});

test("given an entry more, or another list, then it is shown whole", () => {
  assert.deepEqual(differencesOf({ steps }, { steps: [steps[0]] }), [
    { path: "steps.LOW", before: steps[1], after: undefined },
  ]);
  assert.deepEqual(differencesOf({ days: ["01-01"] }, { days: ["01-01", "12-25"] }), [
    { path: "days", before: ["01-01"], after: ["01-01", "12-25"] },
  ]);
});

test("given a draft that is put in force, then its hash stays; another word changes it", () => {
  const draft = policy as unknown as PolicyDocument;
  const hash = policyHash(draft);
  const inForce = { ...draft, effective_from: "2026-01-01T00:00:00Z", activated_by: "ada" };
  assert.equal(policyHash(inForce), hash);
  assert.equal(policyHash(Object.fromEntries(Object.entries(draft).reverse()) as never), hash);
  assert.notEqual(policyHash({ ...draft, version: "2" }), hash);
  assert.match(hash, /^[0-9a-f]{64}$/);
});
