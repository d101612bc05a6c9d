import { type CustomerUpdate, customerStatuses, customerUpdates } from "../src/events/customer.ts";
import { type Intervention, interventionsStream } from "../src/events/intervention.ts";
import {
  type Notification,
  type NotificationResult,
  notificationResults,
  notifications,
} from "../src/events/notification.ts";
import { outcomes } from "../src/events/outcome.ts";
import { type ContactPolicy, policies, policyKey } from "../src/events/policy.ts";
import { predictionsStream, riskLevels } from "../src/events/prediction.ts";
import type { Random } from "../src/rules/random.ts";
import { type Driver, type Feed, openDriver } from "../src/stream/driver.ts";
import type { Processor } from "../src/stream/processor.ts";
import type { Topic } from "../src/stream/topic.ts";
import type { ContactLog, Update } from "./contact-checker.ts";
import { isWithinHours } from "./contact-hours.ts";
import { isHoliday } from "./public-holidays.ts";

/** A made-up world around contact: customers, their scores, and a sender that may fail. */
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A Monday. */
const start = Date.parse("2026-06-01T00:00:00Z");
const iso = (time: number) => new Date(time).toISOString();

const places = [
  { time_zone: "Europe/Prague", country: "CZ" },
  { time_zone: "America/New_York", country: "US" },
  { time_zone: "Asia/Kolkata", country: null },
  { time_zone: null, country: "US" },
  { time_zone: null, country: "DE" },
  { time_zone: null, country: null },
];

const profileOf = (random: Random, customer: string, version: number, at: number) => {
  const channels = ["any", "sms", "email", "phone"] as const;
  const consent = channels
    .filter(() => random.chance(0.5))
    .map((channel) => ({ purpose: "service", channel, given: random.chance(0.8), at: iso(at) }));
  const any = { purpose: "service", channel: "any" as const, given: true, at: iso(at) };
  return {
    customer_id: customer,
    version,
    ...random.pick(places),
    consent: random.chance(0.6) ? [any] : consent,
    statuses: random.chance(0.25) ? [random.pick(customerStatuses)] : [],
    profiling_objection: random.chance(0.03),
    event_time: iso(at),
  } satisfies CustomerUpdate;
};

const feed = <T>(
  topic: Topic<T>,
  key: string,
  value: T | null,
  time: number,
  id: string,
): Feed => ({
  topic: topic as Topic,
  key,
  value,
  time,
  id,
});

/** Profiles, scores and outcomes of one customer over some weeks, in order of time. */
const historyOf = (random: Random, customer: string): Feed[] => {
  const feeds: Feed[] = [];
  let time = start + random.whole(0, DAY);
  let version = 0;
  if (random.chance(0.95))
    feeds.push(
      feed(
        customerUpdates,
        customer,
        profileOf(random, customer, ++version, start),
        start,
        `${customer} u`,
      ),
    );
  for (let n = 0; n < 40; n++) {
    time += Math.ceil(random.between(1, random.pick([60_000, HOUR, DAY, 5 * DAY])));
    const id = `${customer} ${n}`;
    if (random.chance(0.12)) {
      const gone = random.chance(0.05);
      const update = gone ? null : profileOf(random, customer, ++version, time);
      feeds.push(feed(customerUpdates, customer, update, time, id));
    } else if (random.chance(0.08)) {
      const outcome = random.pick(["payment_made", "payment_cured", "customer_answered"] as const);
      const value = { ...outcomes.example, outcome_id: id, customer_id: customer, outcome };
      const at = { timestamp: iso(time), event_time: iso(time) };
      feeds.push(feed(outcomes, customer, { ...value, ...at }, time, id));
    } else {
      const value = {
        ...predictionsStream.example,
        prediction_id: id,
        customer_id: customer,
        risk_level: random.pick(riskLevels),
        timestamp: iso(time),
        event_time: iso(time),
      };
      feeds.push(feed(predictionsStream, customer, value, time, id));
    }
  }
  return feeds;
};

const inOrder = (feeds: Feed[]): Feed[] => feeds.sort((a, b) => (a.time ?? 0) - (b.time ?? 0));

type Fate = NotificationResult["status"];

/**
 * What the sender says of an intent: at once or hours later. Later it looks again, and sends only
 * on what is surely lawful.
 */
const fateOf = (
  random: Random,
  intent: Notification,
  policy: ContactPolicy,
  profileAt: (time: number) => CustomerUpdate | null,
): { status: Fate; time: number }[] => {
  const decided = Date.parse(intent.event_time);
  const time = random.chance(0.6) ? decided : decided + random.whole(1, 20 * HOUR);
  const [before, now] = [profileAt(decided), profileAt(time)];
  const isFine = before === now && isWithinHours(time, now, policy, isHoliday);
  if (random.chance(0.05)) return [];
  if (!isFine) return [{ status: "withdrawn", time }];
  if (random.chance(0.15)) return [{ status: "rejected", time }];
  if (random.chance(0.1)) return [{ status: "unknown", time }];
  if (intent.channel !== "phone") return [{ status: "accepted", time }];
  if (random.chance(0.2))
    return [
      { status: "accepted", time },
      { status: "expired", time: Math.max(time, Date.parse(intent.expires_at)) },
    ];
  const said = random.chance(0.5) ? "answered" : "no_answer";
  return [
    { status: "accepted", time },
    { status: said, time },
  ];
};

const resultOf = (intent: Notification, status: Fate, time: number, n: number): Feed => {
  const customer = intent.customer_id ?? "";
  const value: NotificationResult = {
    result_id: `${intent.notification_id} ${n}`,
    notification_id: intent.notification_id,
    attempt: 1,
    customer_id: customer,
    intervention_id: intent.intervention_id,
    channel: intent.channel,
    status,
    simulated: true,
    timestamp: iso(time),
    event_time: iso(time),
  };
  return feed(notificationResults, customer, value, time, value.result_id);
};

/** What happened in a world, and everything that was fed to contact, in order. */
export type Happened = { log: ContactLog; fed: Feed[]; driver: Driver };

export const logOf = (driver: Driver, fed: readonly Feed[], rules: ContactPolicy[]): ContactLog => {
  const of = (topic: { name: string }) => fed.filter((one) => one.topic.name === topic.name);
  const updates = of(customerUpdates).map(
    ({ key, value, time }): Update => ({
      customer: key ?? "",
      at: time ?? 0,
      profile: value as CustomerUpdate | null,
    }),
  );
  return {
    interventions: driver.outputs(interventionsStream).map(({ value }) => value as Intervention),
    notifications: driver.outputs(notifications).map(({ value }) => value as Notification),
    results: of(notificationResults).map(({ value }) => value as NotificationResult),
    updates,
    policies: rules,
    isHoliday,
  };
};

export const openContact = (processor: Processor, rules: readonly ContactPolicy[]): Driver => {
  const driver = openDriver({ processors: [processor] });
  for (const one of rules) driver.feed(policies, policyKey(one), one);
  return driver;
};

/** Lets some customers live for some weeks, with a sender that answers when it likes. */
export const live = (random: Random, processor: Processor, rules: ContactPolicy[]): Happened => {
  const driver = openContact(processor, rules);
  const customers = Array.from({ length: 8 }, (_, n) => `c${n}`);
  const waiting = inOrder(customers.flatMap((customer) => historyOf(random, customer)));
  const fed: Feed[] = [];
  driver.listen(notifications, ({ value }) => {
    const intent = value as Notification;
    const known = waiting.filter((one) => one.topic.name === customerUpdates.name);
    const own = [...fed, ...known].filter(
      (one) => one.key === intent.customer_id && one.topic.name === customerUpdates.name,
    );
    const profileAt = (time: number) =>
      (own.findLast((one) => (one.time ?? 0) <= time)?.value ?? null) as CustomerUpdate | null;
    const fates = fateOf(random, intent, rules[0], profileAt);
    waiting.push(...fates.map(({ status, time }, n) => resultOf(intent, status, time, n)));
    inOrder(waiting);
  });
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    fed.push(next);
    driver.feed(next.topic, next.key, next.value, { time: next.time, id: next.id });
  }
  return { log: logOf(driver, fed, rules), fed, driver };
};
