import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { CustomerUpdate } from "../../events/customer.ts";
import { type ContactPolicy, policies } from "../../events/policy.ts";
import { type ArmRequest, armOf } from "./arms.ts";
import { delayOf } from "./delays.ts";
import { lawfulFrom, zonesOf } from "./hours.ts";
import { consents, profileOf } from "./profile.ts";
import type { Contacted, ContactRequest } from "./request.ts";
import { stopOf } from "./stops.ts";

const shipped = readFileSync(new URL("../../../policies/contact.json", import.meta.url));
const policy = policies.read(shipped) as ContactPolicy;

const update: CustomerUpdate = {
  customer_id: "c1",
  version: 1,
  time_zone: "Europe/Prague",
  consent: [{ purpose: "service", channel: "any", given: true }],
  event_time: "2026-01-01T00:00:00Z",
};
const profile = (more: Partial<CustomerUpdate> = {}) => profileOf({ ...update, ...more });
const ms = (text: string) => Date.parse(text);
/** A Wednesday, noon in Prague. */
const noon = ms("2026-06-10T12:00:00+02:00");
const asked = (more: Partial<ContactRequest> = {}): ContactRequest => ({
  time: noon,
  channel: "sms",
  profile: profile(),
  contacts: [],
  pendingUntil: -Infinity,
  policy,
  ...more,
});
const made = (text: string, channel = "sms"): Contacted => ({ at: ms(text), channel });
const delayed = (more: Partial<ContactRequest>) => {
  const delay = delayOf(asked(more));
  return delay && [delay.by, new Date(delay.until).toISOString()];
};

test("given a customer with consent at noon on a working day, then nothing stops or delays", () => {
  assert.equal(stopOf(asked()), undefined);
  assert.equal(delayOf(asked()), undefined);
});

test("given a status that forbids, then it stops and is named", () => {
  for (const status of ["deceased", "bankrupt", "breathing_space", "disputed"] as const)
    assert.equal(stopOf(asked({ profile: profile({ statuses: [status] }) })), status);
  for (const status of ["represented", "cease_contact", "fraud_block"] as const)
    assert.equal(stopOf(asked({ profile: profile({ statuses: [status] }) })), status);
});

test("given several reasons to stop, then the first of the order is named", () => {
  const worst = profile({ statuses: ["fraud_block", "deceased"], consent: [] });
  assert.equal(stopOf(asked({ profile: worst })), "deceased");
});

test("given a customer in hardship, then nothing stops", () => {
  assert.equal(stopOf(asked({ profile: profile({ statuses: ["hardship"] }) })), undefined);
});

test("given no profile, no consent, an objection or no zone, then it stops", () => {
  assert.equal(stopOf(asked({ profile: null })), "no_profile");
  assert.equal(stopOf(asked({ profile: profile({ consent: null }) })), "no_consent");
  const objection = profile({ profiling_objection: true });
  assert.equal(stopOf(asked({ profile: objection })), "profiling_objection");
  assert.equal(stopOf(asked({ profile: profile({ time_zone: null }) })), "time_zone_unknown");
  const nowhere = profile({ time_zone: "Mars/Base", country: "XX" });
  assert.equal(stopOf(asked({ profile: nowhere })), "time_zone_unknown");
});

test("given words of consent, then the newest counts, the one on the channel before any", () => {
  const word = (channel: "sms" | "email" | "any", given: boolean, at?: string) => ({
    purpose: "service",
    channel,
    given,
    at,
  });
  const given = (channel: string, ...consent: ReturnType<typeof word>[]) =>
    consents(profile({ consent }), "service", channel);
  assert.equal(given("sms", word("sms", true)), true);
  assert.equal(given("email", word("sms", true)), false);
  assert.equal(
    given("sms", word("sms", true, "2026-01-01"), word("sms", false, "2026-02-01")),
    false,
  );
  assert.equal(
    given("sms", word("sms", false, "2026-02-01"), word("sms", true, "2026-01-01")),
    false,
  );
  assert.equal(given("sms", word("any", false), word("sms", true)), true);
  assert.equal(
    given("sms", word("sms", true, "2026-01-01"), word("any", false, "2026-02-01")),
    false,
  );
  assert.equal(given("sms", word("sms", true), word("sms", false)), false);
  assert.equal(consents(profile(), "marketing", "sms"), false);
});

test("given a time outside the hours, then it waits for the next opening", () => {
  const at = (text: string) => delayed({ time: ms(text) });
  const opening = (text: string) => ["local_hours", new Date(text).toISOString()];
  assert.deepEqual(at("2026-06-10T05:00+02:00"), opening("2026-06-10T08:00+02:00"));
  assert.deepEqual(at("2026-06-10T20:00+02:00"), opening("2026-06-11T08:00+02:00"));
  assert.equal(at("2026-06-10T19:59+02:00"), undefined);
  assert.deepEqual(at("2026-06-13T08:30+02:00"), opening("2026-06-13T09:00+02:00"));
  assert.deepEqual(at("2026-06-13T17:00+02:00"), opening("2026-06-15T08:00+02:00"));
  assert.deepEqual(at("2026-12-24T12:00+01:00"), opening("2026-12-28T08:00+01:00"));
});

test("given a night in which the clocks change, then the opening is at local time", () => {
  assert.deepEqual(delayed({ time: ms("2026-03-28T22:00+01:00") }), [
    "local_hours",
    new Date("2026-03-30T08:00+02:00").toISOString(),
  ]);
});

test("given only a country, then the hours are lawful in each of its zones", () => {
  const zones = zonesOf(null, "US");
  assert.ok(zones.includes("America/New_York") && zones.includes("Pacific/Honolulu"));
  const from = lawfulFrom(ms("2026-01-14T13:00Z"), zones, policy);
  assert.equal(from, ms("2026-01-14T18:00Z"), "8 o'clock in Honolulu, 13 in New York");
  assert.equal(zonesOf(null, "CZE").length, 0);
  assert.equal(lawfulFrom(noon, [], policy), undefined);
});

test("given a contact on this local day, then the daily cap delays to the next one", () => {
  const lax = { ...policy, cool_off_hours: 0 };
  const contacts = [made("2026-06-10T09:00+02:00")];
  const expected = ["daily_cap", new Date("2026-06-11T08:00+02:00").toISOString()];
  assert.deepEqual(delayed({ contacts, policy: lax }), expected);
  const yesterday = [made("2026-06-09T19:00+02:00")];
  assert.equal(delayed({ contacts: yesterday, policy: lax }), undefined);
});

test("given a customer of whom only the country is known, then a day is 24 hours", () => {
  const lax = { ...policy, cool_off_hours: 0 };
  const american = profile({ time_zone: null, country: "US" });
  const time = ms("2026-06-10T20:00Z");
  const contacts = [made("2026-06-09T23:00Z")];
  assert.deepEqual(delayed({ time, profile: american, contacts, policy: lax }), [
    "daily_cap",
    "2026-06-10T23:00:00.000Z",
  ]);
});

test("given three contacts in seven days, then the cap delays until one is a week old", () => {
  const lax = { ...policy, cool_off_hours: 0 };
  const contacts = [
    made("2026-06-04T12:00+02:00"),
    made("2026-06-06T12:00+02:00"),
    made("2026-06-08T12:00+02:00"),
  ];
  const expected = ["weekly_cap", new Date("2026-06-11T12:00+02:00").toISOString()];
  assert.deepEqual(delayed({ contacts, policy: lax }), expected);
});

test("given as many calls as allowed, then a call waits and a message does not", () => {
  const lax = { ...policy, cool_off_hours: 0, contacts_per_week: 50, calls_per_week: 2 };
  const contacts = [
    made("2026-06-05T12:00+02:00", "phone"),
    made("2026-06-08T12:00+02:00", "phone"),
  ];
  assert.equal(delayed({ contacts, policy: lax }), undefined);
  const expected = ["call_cap", new Date("2026-06-12T12:00+02:00").toISOString()];
  assert.deepEqual(delayed({ contacts, policy: lax, channel: "phone" }), expected);
});

test("given a contact two days ago, then the cool-off delays, past the Sunday that follows", () => {
  const contacts = [made("2026-06-11T13:00+02:00")];
  const expected = ["cool_off", new Date("2026-06-15T08:00+02:00").toISOString()];
  assert.deepEqual(delayed({ time: ms("2026-06-13T12:00+02:00"), contacts }), expected);
});

const armed = (i: number, more: Partial<ArmRequest> = {}) =>
  armOf({
    customer: `c${i}`,
    episode: `e${i}`,
    level: "HIGH",
    profile: profile(),
    held: 0,
    challengers: [],
    experiment: null,
    ...more,
  }).name;
const numbers = Array.from({ length: 20_000 }, (_, i) => i);
const near = (count: number, share: number) =>
  assert.ok(Math.abs(count / 20_000 - share) < 0.01, `${count}, not ${share}`);

test("given many episodes, then the share held out is the policy's, and the same each time", () => {
  const held = numbers.filter((i) => armed(i, { held: 0.05 }) === "holdout");
  near(held.length, 0.05);
  assert.ok(held.every((i) => armed(i, { held: 0.1 }) === "holdout"));
  assert.ok(numbers.every((i) => armed(i) === "champion"));
});

test("given challengers, then each has its share of what is not held out", () => {
  const challengers = [
    { name: "early", policy: "early", share: 0.3 },
    { name: "kind", policy: "kind", share: 0.1 },
  ];
  const arms = numbers.map((i) => armed(i, { held: 0.2, challengers }));
  const count = (name: string) => arms.filter((arm) => arm === name).length;
  near(count("holdout"), 0.2);
  near(count("early"), 0.24);
  near(count("kind"), 0.08);
  near(count("champion"), 0.48);
});

test("given the critical, vulnerable and those in hardship, then no experiment has them", () => {
  const all = { held: 0.5, challengers: [{ name: "early", policy: "early", share: 1 }] };
  const vulnerable = profile({ statuses: ["vulnerable"] });
  const hardship = profile({ statuses: ["hardship"] });
  for (const i of numbers.slice(0, 100)) {
    assert.equal(armed(i, { ...all, level: "CRITICAL" }), "champion");
    assert.equal(armed(i, { ...all, profile: vulnerable }), "champion");
    assert.equal(armed(i, { ...all, profile: hardship }), "champion");
    assert.notEqual(armed(i, { ...all, profile: null }), "champion");
  }
});

test("given a contact on its way, then another waits until that is known or too late", () => {
  const pendingUntil = ms("2026-06-10T18:00+02:00");
  const expected = ["on_its_way", new Date(pendingUntil).toISOString()];
  assert.deepEqual(delayed({ pendingUntil }), expected);
  assert.equal(delayed({ pendingUntil: noon }), undefined);
});

test("given a public holiday of the customer's country, then it waits for the next day", () => {
  const time = ms("2026-05-08T12:00+02:00");
  const czech = profile({ country: "CZ" });
  const opening = ["local_hours", new Date("2026-05-09T09:00+02:00").toISOString()];
  assert.deepEqual(delayed({ time, profile: czech }), opening);
  assert.equal(delayed({ time, profile: profile({ country: "AT" }) }), undefined);
});

test("given contact policies that contradict themselves, then they are refused", () => {
  const refused = (more: Partial<ContactPolicy>, says: RegExp) =>
    assert.throws(() => policies.read(Buffer.from(JSON.stringify({ ...policy, ...more }))), says);
  const step = policy.steps[0];
  refused({ steps: [step, step] }, /a band twice/);
  refused({ steps: [{ ...step, channel: null }] }, /needs a channel/);
  refused({ hours: { weekdays: "20:00-08:00" } }, /ends before it begins/);
  refused({ hours: {} }, /no time at all/);
  refused({ contacts_per_day: 0 }, /contacts_per_day allows no contact/);
  refused({ calls_per_week: 0 }, /calls_per_week allows no call/);
  refused({ contacts_per_week: 1, contacts_per_day: 2 }, /less than contacts_per_day/);
  refused({ person_channel: "pigeon" }, /person_channel is no channel: use one of phone, sms/);
  refused({ steps: [{ ...step, channel: "fax" }] }, /no channel/);
  refused({ steps: [{ ...step, fallback: ["phone"] }] }, /names a channel twice/);
  refused({ steps: [{ ...step, risk_level: "LOW" }] }, /acts on LOW/);
});
