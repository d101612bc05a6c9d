import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type ContactLog, type Violation, violationsOf } from "../../../test/contact-checker.ts";
import { live } from "../../../test/contact-world.ts";
import type { CustomerUpdate } from "../../events/customer.ts";
import type { Intervention } from "../../events/intervention.ts";
import type { Notification, NotificationResult } from "../../events/notification.ts";
import { type ContactPolicy, policies } from "../../events/policy.ts";
import { randomOf } from "../../rules/random.ts";
import { intervene } from "./intervene.ts";

const shipped = policies.read(
  readFileSync(new URL("../../../policies/contact.json", import.meta.url)),
) as ContactPolicy;
const DAY = 24 * 3_600_000;

/** A log without fault, and one contact in it to do wrong with. */
type Scene = {
  log: ContactLog;
  intent: Notification;
  decision: Intervention;
  result: NotificationResult;
};

const scenesIn = (log: ContactLog): Scene[] =>
  log.notifications.flatMap((intent) => {
    const decision = log.interventions.find(
      (one) =>
        one.status === "triggered" &&
        one.intervention_id === intent.intervention_id &&
        one.channel === intent.channel &&
        one.event_time === intent.event_time,
    );
    const reached = intent.channel === "phone" ? "no_answer" : "accepted";
    const result = log.results.find(
      (one) => one.notification_id === intent.notification_id && one.status === reached,
    );
    return decision && result ? [{ log, intent, decision, result }] : [];
  });

const scenes = [1, 2, 3, 4].flatMap((seed) =>
  scenesIn(live(randomOf(seed, "planted"), intervene, [shipped]).log),
);
const messages = scenes.filter(({ intent }) => intent.channel !== "phone");
const calls = scenes.filter(({ intent }) => intent.channel === "phone");

const later = (time: string | null | undefined, ms: number) =>
  new Date(Date.parse(time as string) + ms).toISOString();

/** The same contact once more, so much later, under ids of its own. */
const repeated = (scene: Scene, ms: number, more: Partial<Intervention> = {}): ContactLog => {
  const { log, intent, decision, result } = scene;
  const own = {
    notification_id: `${intent.notification_id} ${ms}`,
    event_time: later(intent.event_time, ms),
  };
  const id = { intervention_id: `${decision.intervention_id} ${ms}` };
  return {
    ...log,
    interventions: [
      ...log.interventions,
      { ...decision, ...id, ...more, event_time: own.event_time },
    ],
    notifications: [...log.notifications, { ...intent, ...id, ...own }],
    results: [
      ...log.results,
      { ...result, ...own, result_id: `r ${ms}`, event_time: later(result.event_time, ms) },
    ],
  };
};

const withProfile = ({ log, intent }: Scene, more: Partial<CustomerUpdate>): ContactLog => ({
  ...log,
  updates: log.updates.map((one) =>
    one.customer === intent.customer_id && one.profile
      ? { ...one, profile: { ...one.profile, ...more } }
      : one,
  ),
});

const withResults = ({ log }: Scene, ...more: NotificationResult[]): ContactLog => ({
  ...log,
  results: [...log.results, ...more],
});

type Plant = { in: readonly Scene[]; rule: Violation["rule"]; do: (scene: Scene) => ContactLog };

const plants: Plant[] = [
  {
    rule: "intent_twice",
    in: scenes,
    do: ({ log, intent }) => ({ ...log, notifications: [...log.notifications, intent] }),
  },
  {
    rule: "no_decision",
    in: scenes,
    do: ({ log, decision }) => ({
      ...log,
      interventions: log.interventions.filter((one) => one !== decision),
    }),
  },
  {
    rule: "accepted_twice",
    in: messages,
    do: (scene) => withResults(scene, { ...scene.result, result_id: "again", attempt: 2 }),
  },
  { rule: "step_twice", in: scenes, do: (scene) => repeated(scene, 7 * DAY) },
  {
    rule: "step_after_higher",
    in: scenes.filter(({ decision }) => decision.risk_level === "CRITICAL"),
    do: (scene) => repeated(scene, 7 * DAY, { risk_level: "HIGH" }),
  },
  {
    rule: "daily_cap",
    in: scenes,
    do: (scene) => repeated(scene, 1_000, { episode_id: "another" }),
  },
  {
    rule: "weekly_cap",
    in: scenes,
    do: (scene) =>
      [1, 2, 3].reduce((log, day) => repeated({ ...scene, log }, day * DAY), scene.log),
  },
  {
    rule: "call_cap",
    in: calls,
    do: (scene) =>
      withResults(
        scene,
        ...Array.from({ length: 7 }, (_, n) => ({
          ...scene.result,
          result_id: `call ${n}`,
          event_time: later(scene.result.event_time, n + 1),
        })),
      ),
  },
  { rule: "cool_off", in: scenes, do: (scene) => repeated(scene, 3 * DAY - 1_000) },
  {
    rule: "hours",
    in: scenes,
    do: ({ log, result }) => {
      const sunday = "2026-07-05T12:00:00Z";
      const moved = (one: NotificationResult) =>
        one === result ? { ...one, event_time: sunday } : one;
      return { ...log, results: log.results.map(moved) };
    },
  },
  {
    rule: "no_profile",
    in: scenes,
    do: ({ log, intent }) => ({
      ...log,
      updates: log.updates.filter(({ customer }) => customer !== intent.customer_id),
    }),
  },
  { rule: "no_consent", in: messages, do: (scene) => withProfile(scene, { consent: [] }) },
  {
    rule: "objection",
    in: scenes,
    do: (scene) => withProfile(scene, { profiling_objection: true }),
  },
  {
    rule: "status",
    in: scenes,
    do: (scene) => withProfile(scene, { statuses: ["cease_contact"] }),
  },
  {
    rule: "person_needed",
    in: messages,
    do: (scene) => withProfile(scene, { statuses: ["hardship"], profiling_objection: false }),
  },
  {
    rule: "held_out",
    in: messages.filter(({ decision }) => decision.risk_level !== "CRITICAL"),
    do: ({ log, decision }) => ({
      ...log,
      interventions: log.interventions.map((one) =>
        one === decision ? { ...one, arm: "holdout" } : one,
      ),
    }),
  },
];

for (const plant of plants)
  test(`given a log without fault, when ${plant.rule} is planted, then it is found`, () => {
    assert.ok(plant.in.length > 0, "there is something to do wrong with");
    for (const scene of plant.in) {
      const { violations } = violationsOf(plant.do(scene));
      const found = violations.filter(({ rule }) => rule === plant.rule);
      assert.ok(found.length > 0, `found only ${violations.map(({ rule }) => rule)}`);
      assert.ok(found.some(({ customer }) => customer === scene.intent.customer_id));
    }
  });

test("given a status that came a moment before, then a sender may not have known it yet", () => {
  const [scene] = messages;
  const at = Date.parse(scene.result.event_time) - 1_000;
  const known = scene.log.updates.findLast(
    (one) => one.customer === scene.intent.customer_id && one.at <= at,
  );
  const profile = known?.profile as CustomerUpdate;
  const version = profile.version + 0.5;
  const late = { customer: scene.intent.customer_id ?? "", at, profile: { ...profile, version } };
  const forbidden = { ...late, profile: { ...late.profile, statuses: ["disputed" as const] } };
  const others = scene.log.updates.filter(
    ({ customer, at: own }) => customer !== late.customer || own <= at,
  );
  const log = { ...scene.log, updates: [...others, forbidden] };
  const own = (graceMs: number) =>
    violationsOf({ ...log, graceMs }).violations.filter(
      (one) => one.notification === scene.intent.notification_id && one.rule === "status",
    );
  assert.ok(own(0).length > 0);
  assert.deepEqual(own(5_000), []);
});
