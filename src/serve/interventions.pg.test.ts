import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Registry } from "prom-client";
import { testServers } from "../embedded/test-servers.ts";
import { testSpace } from "../embedded/test-space.ts";
import { interventionStatistics } from "./intervention-statistics.ts";
import { inTime } from "./interventions.ts";
import type {
  CourseAnswer,
  InterventionsAnswer,
  StatisticsAnswer,
} from "./messages/interventions.ts";
import { interventionsRoutes } from "./routes/interventions.ts";
import { serve } from "./server.ts";

const { postgres } = await testServers(["postgres"]);
const { pool, space } = await testSpace(postgres.url);
const serving = await serve({
  config: { port: 0, space },
  pool,
  registry: new Registry(),
  routes: [interventionsRoutes(pool)],
  say: () => {},
});
after(() => serving.close());

const get = async <T>(path: string) => {
  const response = await fetch(serving.url + path);
  return { status: response.status, body: (await response.json()) as T & { code?: string } };
};
const list = async (query = "") => (await get<InterventionsAnswer>(`/interventions${query}`)).body;
const statistics = async (query = "") =>
  (await get<StatisticsAnswer>(`/interventions/statistics${query}`)).body;

type Row = {
  id: string;
  at: string;
  customer?: string;
  status?: string;
  band?: string;
  channel?: string | null;
  arm?: string;
  episode?: string | null;
  reason?: string | null;
  until?: string | null;
};
const notTaken = ["deferred", "suppressed", "held_out"];
const add = async ({ status = "triggered", band = "HIGH", ...row }: Row) => {
  const kept = notTaken.includes(status);
  const types = { MEDIUM: "gentle_reminder", HIGH: "proactive_support" } as Record<string, string>;
  const { id, customer = `c-${id}`, channel = "sms", arm = "champion", episode = null } = row;
  const type = types[band] ?? "urgent_outreach";
  const values = [id, customer, type, channel, band, row.at, status, episode, arm];
  const more = kept ? ", suppressed_by, not_before" : "";
  await pool.query(
    `insert into ${kept ? "suppressed_interventions" : "interventions"}
       (intervention_id, customer_id, intervention_type, channel, risk_level, timestamp, status,
        episode_id, arm, risk_score, top_risk_factors${more})
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0.7, '[]'${kept ? ", $10, $11" : ""})`,
    kept ? [...values, row.reason ?? null, row.until ?? null] : values,
  );
};
const day = (n: number, hour = 12) => `2026-03-${String(n).padStart(2, "0")}T${hour}:00:00.000Z`;

await add({ id: "i-1", at: day(1) });
await add({ id: "i-2", at: day(2), band: "MEDIUM", channel: "email", status: "sent" });
await add({ id: "i-3", at: day(3), status: "suppressed", reason: "no_consent" });
await add({ id: "i-4", at: day(3), status: "deferred", reason: "local_hours", until: day(4, 10) });
await add({ id: "i-5", at: day(4), status: "held_out", arm: "holdout", channel: null });
await add({ id: "i-6", at: day(5), band: "CRITICAL", channel: "phone", status: "no_answer" });
await add({
  id: "i-old",
  at: "2025-12-01T12:00:00.000Z",
  status: "suppressed",
  reason: "deceased",
});

const ids = (answer: InterventionsAnswer) =>
  answer.interventions.map(({ intervention_id }) => intervention_id);

test("given decisions taken and not, then they come newest first, each with its why", async () => {
  const { interventions, span, next } = await list();
  const newest = ["i-6", "i-5", "i-4", "i-3", "i-2", "i-1"];
  assert.deepEqual(
    interventions.map(({ intervention_id }) => intervention_id),
    newest,
    "thirty days before the newest decision",
  );
  assert.deepEqual([span.from, span.to, next], ["2026-02-03T12:00:00.000Z", null, null]);
  const told = new Map(interventions.map((one) => [one.intervention_id, one]));
  assert.deepEqual(
    newest.map((id) => told.get(id)?.outcome),
    ["taken", "held_out", "delayed", "stopped", "taken", "taken"],
  );
  assert.match(told.get("i-3")?.why ?? "", /^Not contacted: there is no consent/);
  assert.match(told.get("i-4")?.why ?? "", /^Put off: it is outside the hours .* 2026-03-04T10/);
  assert.equal(told.get("i-4")?.not_before, day(4, 10));
  assert.equal(told.get("i-6")?.why, "Nobody answered the call.");
});

test("given filters, then only what fits all of them is listed", async () => {
  const found = async (query: string) => ids(await list(query));
  assert.deepEqual(await found("?status=sent"), ["i-2"]);
  assert.deepEqual(await found("?band=HIGH&channel=sms"), ["i-4", "i-3", "i-1"]);
  assert.deepEqual(await found("?type=urgent_outreach"), ["i-6"]);
  assert.deepEqual(await found("?arm=holdout"), ["i-5"]);
  assert.deepEqual(await found("?reason=no_consent"), ["i-3"]);
  assert.deepEqual(await found("?reason=deceased"), [], "it lies before the span");
  assert.deepEqual(await found("?reason=deceased&days=366"), ["i-old"]);
  assert.deepEqual(await found(`?from=${day(2)}&to=${day(3)}`), ["i-2"]);
  assert.deepEqual(await found("?band=LOW"), []);
});

test("given pages, then all are seen once, also those of one moment", async () => {
  const seen: string[] = [];
  let next: string | null = null;
  do {
    const place: string = next === null ? "" : `&before=${encodeURIComponent(next)}`;
    const page: InterventionsAnswer = await list(`?limit=1&days=366${place}`);
    seen.push(...ids(page));
    ({ next } = page);
  } while (next !== null);
  assert.deepEqual(seen, ["i-6", "i-5", "i-4", "i-3", "i-2", "i-1", "i-old"]);
});

test("given requests that make no sense, then they are refused in words", async () => {
  for (const query of [
    "from=yesterday",
    "before=x",
    "band=HUGE",
    "days=0",
    "days=367",
    "limit=9x",
  ]) {
    const { status, body } = await get(`/interventions?${query}`);
    assert.deepEqual([status, body.code], [400, "REQUEST_WRONG"], query);
  }
});

test("given decisions, then they are counted by each dimension, filters kept apart", async () => {
  const all = await statistics();
  assert.equal(all.total, 6);
  assert.deepEqual(all.outcomes, { taken: 3, stopped: 1, delayed: 1, held_out: 1 });
  const counts = (answer: StatisticsAnswer, name: keyof StatisticsAnswer["by"]) =>
    Object.fromEntries(answer.by[name].map(({ value, count }) => [value ?? "none", count]));
  assert.deepEqual(counts(all, "band"), { HIGH: 4, MEDIUM: 1, CRITICAL: 1 });
  assert.deepEqual(counts(all, "channel"), { sms: 3, email: 1, phone: 1, none: 1 });
  assert.deepEqual(counts(all, "reason"), { no_consent: 1, local_hours: 1 });
  const byType = { proactive_support: 4, gentle_reminder: 1, urgent_outreach: 1 };
  assert.deepEqual(counts(all, "type"), byType);
  assert.deepEqual(counts(all, "arm"), { champion: 5, holdout: 1 });
  const high = await statistics("?band=HIGH&status=suppressed");
  assert.equal(high.total, 1);
  assert.deepEqual(counts(high, "band"), { HIGH: 1 }, "what the other filter leaves");
  assert.deepEqual(counts(high, "status"), {
    triggered: 1,
    suppressed: 1,
    deferred: 1,
    held_out: 1,
  });
  assert.deepEqual(
    all.reasons.map(({ reason, stopped, delayed }) => [reason, stopped, delayed]).sort(),
    [
      ["local_hours", 0, 1],
      ["no_consent", 1, 0],
    ],
  );
});

test("given many who ask the same at once, then it is counted once, and anew later", async () => {
  const clock = { now: 0 };
  const ask = interventionStatistics(pool, () => clock.now);
  const [one, other] = [ask({ days: "30" }), ask({ days: "30" })];
  assert.equal(one, other);
  assert.notEqual(one, ask({ days: "31" }));
  clock.now += 10_000;
  const later = ask({ days: "30" });
  assert.notEqual(later, one);
  assert.deepEqual(await later, await one);
  await assert.rejects(ask({ from: "never" }), { code: "REQUEST_WRONG" });
});

test("given a span, then its course adds up to the counts, steps of nothing too", async () => {
  const { course, step_ms, outcomes, total } = await statistics();
  const taken = course.reduce((sum, step) => sum + step.taken, 0);
  const kept = course.reduce((sum, step) => sum + step.not_taken, 0);
  assert.deepEqual([taken, kept], [outcomes.taken, total - outcomes.taken]);
  const gaps = course.slice(1).map(({ at }, n) => Date.parse(at) - Date.parse(course[n].at));
  assert.ok(gaps.every((gap) => gap === step_ms) && course.length <= 122);
});

test("given an intervention, then each status it had is told, and what was tried", async () => {
  await pool.query(
    `insert into intervention_statuses values
       ('i-2', '2026-03-02T12:00:00Z', 'triggered', 'c-i-2', null, null),
       ('i-2', '2026-03-02T12:00:09Z', 'sent', 'c-i-2', null, null)`,
  );
  await pool.query(
    `insert into notifications (notification_id, key, audience, intervention_id, channel, priority,
       message, decided_at, queued_at, next_at, expires_at)
     values ('n-2', 'c-i-2', 'customer', 'i-2', 'email', 3, 'm', now(), now(), now(), now())`,
  );
  await pool.query(
    `insert into notification_attempts (notification_id, attempt, intervention_id, channel,
       provider, state, reserved_at, settled_at)
     values ('n-2', 1, 'i-2', 'email', 'smtp', 'accepted', '2026-03-02T12:00:08Z',
       '2026-03-02T12:00:09Z')`,
  );
  const { body } = await get<CourseAnswer>("/interventions/i-2");
  assert.deepEqual(
    body.statuses.map(({ status, at }) => `${status} ${at}`),
    ["triggered 2026-03-02T12:00:00.000Z", "sent 2026-03-02T12:00:09.000Z"],
  );
  assert.equal(body.statuses[1].why, "The message was accepted by its channel.");
  assert.deepEqual(
    body.attempts.map(({ attempt, state, provider }) => [attempt, state, provider]),
    [[1, "accepted", "smtp"]],
  );
  const old = await get<CourseAnswer>("/interventions/i-3");
  assert.match(old.body.statuses[0].why, /no consent/, "of before the history was kept");
  const none = await get("/interventions/i-nobody");
  assert.deepEqual([none.status, none.body.code], [404, "DECISION_UNKNOWN"]);
});

test("given two arms, then a difference is told where there is enough to tell it", async () => {
  const missed = (customer: string) =>
    pool.query(
      `insert into outcomes (outcome_id, customer_id, outcome, timestamp, learned_at)
       values ($1, $2, 'payment_missed', '2026-01-20T00:00:00Z', '2026-06-01T00:00:00Z')`,
      [`o-${customer}`, customer],
    );
  const arm = async (name: string, rows: number, misses: number, band = "HIGH") => {
    for (let n = 0; n < rows; n++) {
      const id = `${name}-${band}-${n}`;
      const status = name === "holdout" ? "held_out" : "triggered";
      await add({
        id,
        at: "2026-01-10T12:00:00.000Z",
        arm: name,
        band,
        status,
        episode: `e-${id}`,
      });
      if (n < misses) await missed(`c-${id}`);
    }
  };
  await arm("champion", 100, 10);
  await arm("holdout", 100, 40);
  await arm("early", 5, 1);
  await arm("champion", 20, 20, "CRITICAL");
  const { arms } = await statistics("?from=2026-02-01T00:00:00Z&to=2026-03-01T00:00:00Z");
  const told = new Map(arms.compared.map((one) => [one.arm, one]));
  const champion = told.get("champion");
  assert.deepEqual([champion?.episodes, champion?.missed], [100, 10], "critical ones left out");
  assert.match(champion?.says ?? "", /^−30 percentage points .*: fewer payments are missed\.$/);
  assert.ok(champion?.difference && champion.difference.high < 0);
  assert.equal(told.get("holdout")?.difference, null);
  assert.match(told.get("early")?.says ?? "", /1 of 5 episodes: too few to say; 30 are needed/);
  assert.equal(told.get("early")?.share, null);
  const early = await statistics("?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z");
  assert.deepEqual(early.arms.compared, [], "their time ended after this span");
  const unripe = await statistics("?from=2026-03-01T00:00:00Z");
  assert.deepEqual(unripe.arms.compared, [], "they belong to no episode");
});

test("given a question that takes too long, then it is given up and said how to ask", async () => {
  await assert.rejects(
    inTime(pool, (client) => client.query("select pg_sleep(60)"), 50),
    { code: "INTERVENTIONS_TOO_MANY", message: /too many decisions to look through in 0.05 s/ },
  );
  assert.equal((await pool.query("show statement_timeout")).rows[0].statement_timeout, "0");
});

test("given many decisions, then the ids of a page are read from the index alone", async () => {
  await pool.query(
    `insert into interventions (intervention_id, customer_id, intervention_type, channel,
       risk_level, timestamp, status, arm, risk_score, top_risk_factors)
     select 'many-' || n, 'c-' || n % 500, 'proactive_support', 'sms', 'HIGH',
       timestamptz '2026-02-10' + n * interval '1 minute', 'sent', 'champion', 0.7, '[]'
     from generate_series(1, 20000) n`,
  );
  await pool.query("vacuum analyze interventions");
  const { rows } = await pool.query<{ "QUERY PLAN": string }>(
    `explain select intervention_id, timestamp from interventions
     where timestamp >= '2026-01-01' and status = 'sent' and risk_level = 'HIGH'
       and (timestamp, intervention_id) < ('2026-02-20', 'x')
     order by timestamp desc, intervention_id desc limit 101`,
  );
  const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
  assert.match(plan, /Index Only Scan using interventions_recent/);
  assert.doesNotMatch(plan, /Sort/);
  const { interventions, next } = await list("?status=sent&days=366&limit=200");
  assert.equal(interventions.length, 200);
  assert.ok(next?.endsWith(interventions[199].intervention_id));
  assert.equal((await statistics("?status=sent&days=366")).total, 20_001);
});
