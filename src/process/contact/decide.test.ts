import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { CustomerUpdate } from "../../events/customer.ts";
import { type ContactPolicy, policies } from "../../events/policy.ts";
import type { RiskLevel } from "../../events/prediction.ts";
import { profileOf } from "../../rules/contact/profile.ts";
import { ruleBookOf, rulingsAt } from "../../rules/contact/ruling.ts";
import { mintId } from "../../stream/ids.ts";
import { type Contact, contactCodec, evolve, type Fact, initial, type Scored } from "./contact.ts";
import { decide, decideDue, type Ground } from "./decide.ts";
import { noMemory } from "./memory.ts";

const shipped = readFileSync(new URL("../../../policies/contact.json", import.meta.url));
const policy: ContactPolicy = {
  ...(policies.read(shipped) as ContactPolicy),
  cool_off_hours: 0,
  holdout_share: 0,
};
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A Monday, noon in Prague. */
const noon = Date.parse("2026-06-08T12:00:00+02:00");

const update: CustomerUpdate = {
  customer_id: "c1",
  version: 1,
  time_zone: "Europe/Prague",
  consent: [{ purpose: "service", channel: "any", given: true }],
  event_time: "2026-01-01T00:00:00Z",
};

/** One customer's line: each step says what was decided, as `status` or `status by reason`. */
const line = (own: ContactPolicy = policy, profile: Partial<CustomerUpdate> | null = {}) => {
  let contact: Contact = initial();
  const book = ruleBookOf(new Map([["champion", own]]));
  const groundOf = (cause: string): Ground => ({
    customer: "c1",
    rulings: (time) => rulingsAt(book, time),
    mint: (ordinal) => mintId("intervention-worker", cause, ordinal),
  });
  const decisions: Fact[] = [];
  const settle = (facts: Fact[]) => {
    contact = contactCodec.open(contactCodec.seal(facts.reduce(evolve, contact)), "c1");
    decisions.push(...facts);
    return facts.flatMap((fact) =>
      fact.fact === "decided" ? [fact.by ? `${fact.status} by ${fact.by}` : fact.status] : [],
    );
  };
  const know = (more: Partial<CustomerUpdate>) =>
    settle([{ fact: "profile_changed", profile: profileOf({ ...update, ...more }) }]);
  if (profile) know(profile);
  return {
    know,
    decisions,
    score: (level: RiskLevel, time: number, more: Partial<Scored> = {}) => {
      const prediction = more.prediction ?? `p-${level}-${time}`;
      const rest = { score: 0.7, factors: ["f"], reasons: ["r"], trigger: "penalty" as const };
      const own = { seen: prediction, prediction, level, time, asOf: time };
      const scored: Scored = { ...own, ...rest, ...more };
      return settle(decide(contact, scored, groundOf(prediction)));
    },
    /** Lets time pass: every deadline up to it is met in turn. */
    until: (time: number) => {
      const said: string[] = [];
      for (let next = contactCodec.deadline?.(contact) ?? Infinity; next <= time; ) {
        said.push(...settle(decideDue(contact, next, groundOf(`due ${next}`))));
        next = contactCodec.deadline?.(contact) ?? Infinity;
      }
      return said;
    },
    contact: () => contact,
  };
};

test("given no episode, when scores rise through the bands, then each step is taken once", () => {
  const { score } = line();
  assert.deepEqual(score("LOW", noon), []);
  assert.deepEqual(score("MEDIUM", noon + DAY), ["triggered"]);
  assert.deepEqual(score("MEDIUM", noon + DAY + 1), ["suppressed by step_already_taken"]);
  assert.deepEqual(score("HIGH", noon + 2 * DAY), ["triggered"]);
  assert.deepEqual(score("MEDIUM", noon + 2 * DAY + 1), ["suppressed by step_already_taken"]);
  assert.deepEqual(score("CRITICAL", noon + 3 * DAY), ["triggered"]);
  assert.deepEqual(score("HIGH", noon + 3 * DAY + 1), ["suppressed by step_already_taken"]);
});

test("given a step taken, when 14 days pass without such a score, then it starts anew", () => {
  const { score, until, decisions } = line();
  score("HIGH", noon);
  score("LOW", noon + 8 * DAY);
  assert.deepEqual(score("HIGH", noon + 14 * DAY - 1), ["suppressed by step_already_taken"]);
  until(noon + 28 * DAY - 2);
  assert.ok(!decisions.some(({ fact }) => fact === "episode_ended"));
  until(noon + 28 * DAY - 1);
  assert.ok(decisions.some(({ fact }) => fact === "episode_ended"));
  assert.deepEqual(score("HIGH", noon + 28 * DAY), ["triggered"]);
  const started = decisions.flatMap((one) => (one.fact === "episode_started" ? [one.episode] : []));
  assert.equal(new Set(started.map(({ id }) => id)).size, 2);
});

test("given a quiet fortnight, when no timer fired, then the next score starts anew", () => {
  const { score } = line();
  score("HIGH", noon);
  assert.deepEqual(score("HIGH", noon + 14 * DAY), ["triggered"]);
});

test("given a prediction, when it comes again, then nothing follows", () => {
  const { score, contact } = line();
  score("HIGH", noon);
  const before = contact();
  assert.deepEqual(score("HIGH", noon), []);
  assert.deepEqual(contact(), before);
});

test("given a newer score, when an older one comes, then it is kept and changes nothing", () => {
  const { score, contact } = line();
  score("MEDIUM", noon);
  const before = contact();
  assert.deepEqual(score("CRITICAL", noon - 1), ["suppressed by older_than_newest"]);
  assert.deepEqual({ ...contact(), seen: [] }, { ...before, seen: [] });
});

test("given much in between, when a prediction comes again, then nothing follows", () => {
  for (const trigger of ["penalty", "request"] as const) {
    const { score, contact } = line();
    // Requests may all speak of the same time.
    const more = trigger === "request" ? { trigger, asOf: noon } : { trigger };
    for (let hour = 0; hour < 40; hour++) score("MEDIUM", noon + hour * HOUR, more);
    const before = contact();
    for (let hour = 0; hour < 40; hour++)
      assert.deepEqual(score("MEDIUM", noon + hour * HOUR, more), [], `${trigger} ${hour}`);
    assert.deepEqual(contact(), before);
    assert.equal(score("MEDIUM", noon + 41 * HOUR, more).length, 1);
  }
});

test("given late data that comes again after much else, then nothing follows", () => {
  const { score } = line();
  score("MEDIUM", noon);
  const late = { trigger: "late_data" as const, prediction: "late", asOf: noon };
  assert.deepEqual(score("HIGH", noon - DAY, late), ["suppressed by older_than_newest"]);
  for (let hour = 1; hour < 40; hour++) score("MEDIUM", noon + hour * HOUR);
  assert.deepEqual(score("HIGH", noon - DAY, late), []);
  const fresh = { ...late, prediction: "another", asOf: noon + 39 * HOUR };
  assert.deepEqual(score("HIGH", noon - DAY, fresh), ["suppressed by older_than_newest"]);
});

test("given a score on request, when what came before it is scored later, then it counts", () => {
  const { score, contact } = line();
  const asked = { trigger: "request" as const, asOf: noon };
  score("LOW", noon);
  assert.deepEqual(score("MEDIUM", noon + 5_000, asked), ["triggered"]);
  assert.deepEqual(contact().newest, { time: noon, level: "MEDIUM" });
  assert.deepEqual(score("CRITICAL", noon + 3_000), ["deferred by daily_cap"]);
  assert.deepEqual(score("HIGH", noon + 2_000), ["suppressed by older_than_newest"]);
});

test("given a score on request of older features than were scored, then it changes nothing", () => {
  const { score, contact } = line();
  score("LOW", noon);
  const stale = { trigger: "request" as const, asOf: noon - 1 };
  assert.deepEqual(score("CRITICAL", noon + 5_000, stale), ["suppressed by older_than_newest"]);
  assert.deepEqual(contact().newest, { time: noon, level: "LOW" });
});

test("given a row of the version before, then it is read, and knows what it knew", () => {
  const { score, contact } = line();
  score("HIGH", noon + 12 * HOUR);
  const { asked: _, seen, waiting, ...rest } = contact();
  assert.ok(waiting);
  const { since: __, ...waited } = waiting;
  const old = JSON.stringify({ ...rest, seen: seen.last.map(([id]) => id), waiting: waited });
  const row = contactCodec.open(Buffer.from(`\u0002${old}`), "c1");
  assert.deepEqual(
    { ...row, asked: noMemory },
    { ...contact(), waiting: { ...waiting, since: 0 } },
  );
  assert.deepEqual(row.asked, row.seen);
  assert.equal(contactCodec.deadline?.(row), noon + 20 * HOUR);
});

test("given late data, when it scores high, then it starts no contact and no episode", () => {
  const { score, contact } = line();
  const late = { trigger: "late_data" as const };
  assert.deepEqual(score("CRITICAL", noon, late), ["suppressed by late_data"]);
  assert.equal(contact().episode, null);
  assert.deepEqual(score("HIGH", noon + 1), ["triggered"]);
});

test("given no profile, when a customer scores high, then the step waits for one", () => {
  const { score, know } = line(policy, null);
  assert.deepEqual(score("HIGH", noon), ["suppressed by no_profile"]);
  know({});
  assert.deepEqual(score("HIGH", noon + 1), ["triggered"]);
});

test("given a vulnerable customer, when the step is an e-mail, then a person calls instead", () => {
  const { score, decisions } = line(policy, { statuses: ["vulnerable"] });
  assert.deepEqual(score("MEDIUM", noon), ["triggered"]);
  const made = decisions.find((one) => one.fact === "decided");
  assert.deepEqual(made?.step, {
    type: "gentle_reminder",
    channel: "phone",
    priority: 3,
    message: "upcoming payment reminder",
  });
});

test("given a score in the night, when the morning comes, then the contact is made", () => {
  const { score, until, contact } = line();
  const night = noon + 12 * HOUR;
  assert.deepEqual(score("HIGH", night), ["deferred by local_hours"]);
  assert.equal(contact().waiting?.until, noon + 20 * HOUR);
  assert.deepEqual(score("HIGH", night + 1), ["suppressed by step_already_waiting"]);
  assert.deepEqual(until(noon + 20 * HOUR - 1), []);
  assert.deepEqual(until(noon + 20 * HOUR), ["triggered"]);
  assert.deepEqual(score("HIGH", noon + DAY), ["suppressed by step_already_taken"]);
});

test("given a contact that waits, when it is decided again, then it keeps its id", () => {
  const { score, until, decisions } = line();
  score("HIGH", noon + 12 * HOUR);
  until(noon + DAY);
  const made = decisions.filter((one) => one.fact === "decided");
  assert.deepEqual(made[0].about, made[1].about);
  assert.match(made[0].about.intervention, /^INT_c1_20260608220000_[0-9a-f]{12}$/);
});

test("given a contact that waits, when risk falls or a status forbids, then it ends", () => {
  const fallen = line();
  fallen.score("HIGH", noon + 12 * HOUR);
  fallen.score("LOW", noon + 13 * HOUR);
  assert.deepEqual(fallen.until(noon + DAY), ["suppressed by risk_fell"]);
  const disputed = line();
  disputed.score("HIGH", noon + 12 * HOUR);
  disputed.know({ statuses: ["disputed"] });
  assert.deepEqual(disputed.until(noon + DAY), ["suppressed by disputed"]);
});

test("given a contact that waits, when the band rises, then the higher step goes", () => {
  const { score, until } = line();
  score("MEDIUM", noon + 12 * HOUR);
  const both = ["suppressed by escalated", "deferred by local_hours"];
  assert.deepEqual(score("CRITICAL", noon + 13 * HOUR), both);
  assert.deepEqual(until(noon + DAY), ["triggered"]);
});

test("given a contact that waits, when a higher one is stopped, then it still waits", () => {
  const { score, until, know } = line();
  know({ consent: [{ purpose: "service", channel: "email", given: true }] });
  score("MEDIUM", noon + 12 * HOUR);
  assert.deepEqual(score("CRITICAL", noon + 13 * HOUR), ["suppressed by no_consent"]);
  assert.deepEqual(until(noon + DAY), ["triggered"]);
});

test("given a contact yesterday, when the band rises, then the cool-off of 72 hours delays", () => {
  const { score, until } = line({ ...policy, cool_off_hours: 72 });
  assert.deepEqual(score("MEDIUM", noon), ["triggered"]);
  assert.deepEqual(score("HIGH", noon + DAY), ["deferred by cool_off"]);
  assert.deepEqual(until(noon + 3 * DAY - 1), []);
  assert.deepEqual(until(noon + 3 * DAY), ["triggered"]);
});

test("given the holdout, when scores are not LOW, then each band is held out once", () => {
  const { score } = line({ ...policy, holdout_share: 1 });
  assert.deepEqual(score("MEDIUM", noon), ["held_out"]);
  assert.deepEqual(score("MEDIUM", noon + 1), ["suppressed by step_already_taken"]);
  assert.deepEqual(score("HIGH", noon + 2), ["held_out"]);
});

test("given the holdout, when it becomes critical or vulnerable, then they are helped", () => {
  const critical = line({ ...policy, holdout_share: 1 });
  critical.score("HIGH", noon);
  assert.deepEqual(critical.score("CRITICAL", noon + 1), ["triggered"]);
  const vulnerable = line({ ...policy, holdout_share: 1 });
  vulnerable.score("HIGH", noon);
  vulnerable.know({ statuses: ["vulnerable"] });
  assert.deepEqual(vulnerable.score("HIGH", noon + 1), ["triggered"]);
});

test("given the end of what is known of a customer, then no deadline lies after it", () => {
  const observed_until = new Date(noon + 13 * HOUR).toISOString();
  const { score, until, contact } = line(policy, { observed_until });
  assert.deepEqual(score("HIGH", noon + 12 * HOUR), ["deferred by local_hours"]);
  assert.deepEqual(until(noon + 100 * DAY), []);
  assert.equal(contactCodec.deadline?.(contact()), Infinity);
});

test("given a customer with much going on, then the row stays under 2 KB", () => {
  const { score, contact } = line({ ...policy, cool_off_hours: 72 });
  for (let i = 0; i < 60; i++) score("MEDIUM", noon + i * 60_000, { seen: `${i}`.padEnd(13, "x") });
  score("HIGH", noon + DAY, { reasons: Array(4).fill("A reason in words, such as this one is") });
  assert.ok(contact().waiting && contact().sends.length === 1);
  const bytes = contactCodec.seal(contact()).length;
  assert.ok(bytes < 2048, `${bytes} bytes`);
});
