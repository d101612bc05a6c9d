import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { root } from "../src/config.ts";
import { testServers } from "../src/embedded/test-servers.ts";
import type { Failure } from "../src/errors.ts";
import { type CustomerUpdate, customerUpdates } from "../src/events/customer.ts";
import { notificationResults } from "../src/events/notification.ts";
import { type ContactPolicy, policies, policyKey } from "../src/events/policy.ts";
import { type Prediction, predictionsStream, riskLevels } from "../src/events/prediction.ts";
import { isoTime } from "../src/events/time.ts";
import { intervene } from "../src/process/contact/intervene.ts";
import { randomOf } from "../src/rules/random.ts";
import { openCallList } from "../src/sink/notify/call-list.ts";
import { type Behaviour, openSimulatedProvider } from "../src/sink/notify/simulated-provider.ts";
import { readTemplates } from "../src/sink/notify/templates.ts";
import type { Feed } from "../src/stream/driver.ts";
import { readHeader } from "../src/stream/header.ts";
import type { Topic } from "../src/stream/topic.ts";
import { checkDecisions } from "./checks.ts";
import { type ContactLog, violationsOf } from "./contact-checker.ts";
import { readContactLog } from "./contact-log.ts";
import { logOf, openContact } from "./contact-world.ts";
import { type Launched, launch, until } from "./launch.ts";
import { readTopic, valuesOf } from "./read-topic.ts";
import { atEnd, caughtUp, openStage } from "./space.ts";

const servers = await testServers();
const stage = await openStage(servers);
const { writer, env, space, bootstrap } = stage;
const seed = Number(process.env.SEED ?? 11);
const random = randomOf(seed, "contact soak");
const graceMs = 15_000;

/**
 * One zone for each hour of the day: whenever the test runs, about half of them may be contacted.
 * All are whole hours from UTC, so that with a minute half an hour away none of them opens or
 * closes between the look at the clock and the message.
 */
const zones = [
  ...["Pacific/Pago_Pago", "Pacific/Honolulu", "America/Anchorage", "America/Los_Angeles"],
  ...["America/Denver", "America/Chicago", "America/New_York", "America/Halifax"],
  ...["America/Sao_Paulo", "America/Noronha", "Atlantic/Azores", "Europe/London"],
  ...["Europe/Prague", "Europe/Athens", "Africa/Nairobi", "Asia/Dubai", "Asia/Karachi"],
  ...["Asia/Dhaka", "Asia/Bangkok", "Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney"],
  ...["Pacific/Noumea", "Pacific/Auckland"],
];
const minute = String((new Date().getUTCMinutes() + 30) % 60).padStart(2, "0");
const open = `08:${minute}-20:${minute}`;

const shipped = policies.read(readFileSync(join(root, "policies/contact.json"))) as ContactPolicy;
const policy: ContactPolicy = {
  ...shipped,
  version: "2",
  hours: { weekdays: open, saturday: open, sunday: open },
  closed_days: [],
  cool_off_hours: 1,
  contacts_per_day: 2,
  steps: shipped.steps.map((step) =>
    step.channel === "email" ? { ...step, fallback: ["sms"] } : step,
  ),
};

const provider = await openSimulatedProvider();
atEnd(provider.close);
const faults: Behaviour[] = ["accept_then_drop", "accept_then_500", "accept_then_hang", "refuse"];
const behaviours: Behaviour[] = [...faults, "hang", "accept", "accept", "accept", "accept"];
provider.behave(...Array.from({ length: 500 }, () => random.pick(behaviours)), "accept");

const rounds = 8;
const customers = Array.from({ length: rounds * zones.length }, (_, n) => `KIND-${n}`);
/** Each round has customers of its own, one in each zone: within an hour nobody hears twice. */
const ofRound = (round: number) =>
  customers.slice(round * zones.length, (round + 1) * zones.length);
const versions = new Map<string, number>();
const introduce = (customer: string, more: Partial<CustomerUpdate> = {}) => {
  const version = (versions.get(customer) ?? 0) + 1;
  versions.set(customer, version);
  const update: CustomerUpdate = {
    customer_id: customer,
    version,
    phone: `+420600000${String(customers.indexOf(customer)).padStart(3, "0")}`,
    time_zone: zones[customers.indexOf(customer) % zones.length],
    consent: [{ purpose: "service", channel: "any", given: true }],
    statuses: [],
    event_time: isoTime(Date.now()),
    ...more,
  };
  return writer.send(customerUpdates, customer, update);
};
let predictions = 0;
const score = (customer: string): void | Promise<void> => {
  const time = isoTime(Date.now());
  const value: Prediction = {
    ...predictionsStream.example,
    prediction_id: `P-${++predictions}`,
    customer_id: customer,
    risk_level: random.pick(riskLevels),
    timestamp: time,
    event_time: time,
  };
  return writer.send(predictionsStream, customer, value);
};

const worker = join(root, "src/sink/notify/test-worker.ts");
const startNotify = () => {
  const place = { bootstrap, databaseUrl: servers.postgres.url, space, url: provider.url };
  const args = ["--disable-warning=ExperimentalWarning", worker, JSON.stringify(place)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  };
  return { kill };
};

/** People who make the calls of the list, as far as they may be made. */
const calls = openCallList({ pool: stage.pool, templates: readTemplates({}) });
const makeCalls = async (): Promise<void> => {
  for (const { call_id: id } of await calls.open()) {
    const isTaken = await calls.take(id, "ops").then(
      () => true,
      (thrown) => {
        if (/^CALL_/.test((thrown as Failure).code)) return false;
        throw thrown;
      },
    );
    if (isTaken) await calls.end(id, "ops", random.pick(["answered", "no_answer"]));
  }
};

let contact: Launched;
let sink: Launched;
let notify: ReturnType<typeof startNotify>;
atEnd(() => notify?.kill());

const strike = async (): Promise<void> => {
  const struck = random.pick(["contact", "notify", "notify", "sink"]);
  if (struck === "contact") {
    await contact.stop("SIGKILL");
    contact = launch(["run", "intervention-worker"], env);
  } else if (struck === "sink") {
    await sink.stop("SIGKILL");
    sink = launch(["run", "sink"], env);
  } else {
    await notify.kill();
    notify = startNotify();
  }
};

const trouble = ["disputed", "cease_contact", "vulnerable", "hardship"] as const;

/** The same log with every word of providers and callers so much later. */
const later = (log: ContactLog, hours: number): ContactLog => ({
  ...log,
  results: log.results.map((one) => ({
    ...one,
    event_time: isoTime(Date.parse(one.event_time) + hours * 3_600_000),
  })),
});

/** Each intent once more under an id of its own, and told of so much later. */
const again = (log: ContactLog, hours: number): ContactLog => {
  const own = <T extends { notification_id: string }>(one: T): T => ({
    ...one,
    notification_id: `${one.notification_id} again`,
  });
  const results = later(log, hours).results.map((one) => ({
    ...own(one),
    result_id: `${one.result_id} again`,
  }));
  return {
    ...log,
    notifications: [...log.notifications, ...log.notifications.map(own)],
    results: [...log.results, ...results],
  };
};

test("given kills and a provider that breaks, then nobody is contacted wrongly", async () => {
  await writer.send(policies, policyKey(policy), policy);
  for (const customer of customers) await introduce(customer);
  await writer.flush();
  contact = launch(["run", "intervention-worker"], env);
  sink = launch(["run", "sink"], env);
  notify = startNotify();
  const results = async () => (await readTopic(stage, notificationResults)).length;
  for (let round = 0; round < rounds; round++) {
    const before = await results();
    const own = ofRound(round);
    await until(`results of round ${round}, seed ${seed}`, async () => {
      for (let n = 0; n < 10; n++) await score(random.pick(random.chance(0.8) ? own : customers));
      const customer = random.pick(customers);
      if (random.chance(0.1)) await introduce(customer, { statuses: [random.pick(trouble)] });
      if (random.chance(0.05)) await introduce(customer, { consent: [] });
      await writer.flush();
      await makeCalls();
      await delay(20);
      return (await results()) > before;
    });
    await strike();
  }
  await caughtUp(stage, ["intervention-service-group"]);
  await until("every intent has its result", async () => {
    const { notifications, results: told } = await readContactLog(stage, graceMs);
    const ids = new Set(told.map((one) => one.notification_id));
    return notifications.every((one) => ids.has(one.notification_id));
  });
  await caughtUp(stage, ["intervention-service-group"]);
  const log = await readContactLog(stage, graceMs);
  const { violations, contacts } = violationsOf(log);
  assert.deepEqual(violations, [], `seed ${seed}`);
  assert.ok(contacts > 10, `${contacts} contacts`);
  checkDecisions(await valuesOf(stage, predictionsStream), log.interventions);
  const made = new Set<string>(log.interventions.map(({ status }) => status));
  for (const status of ["sent", "rejected", "unknown", "answered", "no_answer"])
    assert.ok(made.has(status), status);
  const putOff = new Set(
    log.interventions.flatMap((one) => (one.status === "deferred" ? [one.suppressed_by] : [])),
  );
  for (const rule of ["local_hours", "cool_off"]) assert.ok(putOff.has(rule), rule);

  // A check that finds nothing whatever happened proves nothing.
  const planted = (wrong: ContactLog) => new Set(violationsOf(wrong).violations.map((v) => v.rule));
  assert.ok(planted(later(log, 12)).has("hours"));
  assert.ok(planted(again(log, 0.5)).has("cool_off"));
});

const feedsOf = async (topic: Topic): Promise<Feed[]> =>
  (await readTopic(stage, topic)).map(({ key, value, headers, partition, timestamp }) => {
    const { id, origin, eventTime: time } = readHeader(headers) ?? {};
    const read = value === null ? null : topic.read(value);
    const own = { id, origin, time, partition, ingestTime: timestamp };
    return { topic, key: String(key), value: read, ...own };
  });

test("given the log of all that, when replayed, then nobody is contacted wrongly", async () => {
  const topics = [customerUpdates, notificationResults, predictionsStream] as Topic[];
  const feeds = (await Promise.all(topics.map(feedsOf))).flat();
  const run = () => {
    const driver = openContact(intervene, [shipped, policy]);
    driver.run(feeds);
    return driver;
  };
  const [one, other] = [run(), run()];
  assert.equal(one.stateHash(), other.stateHash());
  const log = { ...logOf(one, feeds, [shipped, policy]), graceMs };
  assert.deepEqual(violationsOf(log).violations, []);
  assert.ok(log.notifications.length > 10);
});

/** The script that anybody may run over any space. */
const runScript = async (): Promise<{ code: number | null; out: string }> => {
  const script = join(root, "test/soak/contacts.ts");
  const args = [script, "--bootstrap", bootstrap, "--space", space];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (out += text));
  const [code] = await once(child, "close");
  return { code, out };
};

test("given a wrong planted in the topics, then the script names it and fails", async () => {
  const { contacts } = violationsOf(await readContactLog(stage, graceMs));
  const before = await runScript();
  assert.equal(before.code, 0, before.out);
  assert.ok(before.out.includes(`${contacts} contacts, no violation. Right.`), before.out);

  const sent = (await valuesOf(stage, notificationResults)).find(
    ({ status, channel }) => status === "accepted" && channel === "sms",
  );
  assert.ok(sent?.customer_id);
  const twice = { ...sent, result_id: "planted", attempt: sent.attempt + 1 };
  await writer.send(notificationResults, sent.customer_id, twice);
  await writer.flush();
  const after = await runScript();
  assert.equal(after.code, 1, after.out);
  const line = `accepted_twice: customer ${sent.customer_id}, notification ${sent.notification_id}`;
  assert.ok(after.out.includes(line), after.out);
  assert.match(after.out, /violations 1, customers 1\. Wrong\./);
});
