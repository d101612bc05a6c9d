import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";
import { Registry } from "prom-client";
import { testServers } from "../embedded/test-servers.ts";
import { testSpace } from "../embedded/test-space.ts";
import { failure } from "../errors.ts";
import type { AccessEvent } from "../events/access.ts";
import type { Caller } from "./access.ts";
import { AccessLog } from "./access-log.ts";
import type { ReviewAnswer, ReviewsAnswer } from "./messages/reviews.ts";
import type { DecisionAnswer } from "./messages.ts";
import { decisionsRoutes } from "./routes/decisions.ts";
import { reviewsRoutes } from "./routes/reviews.ts";
import { serve } from "./server.ts";

const { postgres } = await testServers(["postgres"]);
const { pool, space } = await testSpace(postgres.url);
await pool.query(
  `insert into risk_scores
   select 'p-' || n, 'CUST-' || n, 0.7, 'HIGH', timestamptz '2026-06-10', '[]', 'penalty', null,
     null, 0, '{}', 'm', 'h', '2', 'v', null
   from generate_series(1, 4) n`,
);

/** What the log was given; `away`: it takes nothing. */
const recorded: string[] = [];
let away = false;
const log = new AccessLog(async (_topic, value) => {
  if (away) throw failure("UNRECORDED");
  const { actor, what, detail } = value as AccessEvent;
  recorded.push(`${actor} ${what}: ${detail}`);
});
/** Who holds which key: it is as the name. */
const holders: readonly Caller[] = [
  { name: "ada", role: "analyst" },
  { name: "ben", role: "analyst" },
  { name: "vic", role: "viewer" },
];
const serving = await serve({
  config: { port: 0, space },
  pool,
  registry: new Registry(),
  routes: [decisionsRoutes(pool), reviewsRoutes({ pool, log })],
  access: {
    required: false,
    keyOf: async (secret) => holders.find(({ name }) => name === secret),
    sessionOf: async () => undefined,
  },
  say: () => {},
});
after(() => serving.close());

const call = async <T>(path: string, who?: string, body?: object) => {
  const response = await fetch(serving.url + path, {
    method: body ? "POST" : "GET",
    headers: {
      ...(who && { authorization: `Bearer ${who}` }),
      ...(body && { "content-type": "application/json", "idempotency-key": randomUUID() }),
    },
    body: body && JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as T & { code?: string } };
};
const ask = async (n: number, reason = "Paid already") =>
  (await call<ReviewAnswer>(`/decisions/p-${n}/review`, "ada", { reason })).body;
const list = async (query = "", who = "ben") =>
  (await call<ReviewsAnswer>(`/reviews${query}`, who)).body;
const close = (id: string, who: string | undefined, outcome: string, reason = "Looked at it") =>
  call<ReviewAnswer>(`/reviews/${id}/close`, who, { outcome, reason });
const codeOf = async (...asked: Parameters<typeof close>) => {
  const { status, body } = await close(...asked);
  return `${status} ${body.code}`;
};

test("given a review that is asked for, then another person finds and closes it", async () => {
  const first = await ask(1);
  assert.deepEqual([first.outcome, first.closed_by], [null, null]);
  const second = await ask(2);
  const { open, reviews } = await list("?state=open");
  assert.equal(open, 2);
  assert.deepEqual(
    reviews.map(({ review_id, customer_id, yours }) => [review_id, customer_id, yours]),
    [
      [first.review_id, "CUST-1", false],
      [second.review_id, "CUST-2", false],
    ],
  );
  assert.equal((await list("", "ada")).reviews[0].yours, true);

  const { review_id: id } = first;
  assert.equal(await codeOf(id, undefined, "wrong"), "401 KEY_MISSING");
  assert.equal(await codeOf(id, "vic", "wrong"), "403 KEY_ROLE_WRONG");
  assert.equal(await codeOf(id, "ada", "stands"), "403 REVIEW_OWN");
  assert.equal(await codeOf(id, "ben", "withdrawn"), "403 REVIEW_OTHERS");
  assert.equal(await codeOf(id, "ben", "perhaps"), "400 REQUEST_WRONG");
  assert.equal(await codeOf(id, "ben", "wrong", "  "), "400 REQUEST_WRONG");
  assert.equal(await codeOf("nothing", "ben", "wrong"), "404 REVIEW_UNKNOWN");
  assert.equal((await list()).open, 2, "nothing of that has closed it");
  assert.deepEqual(recorded, []);

  const { status, body } = await close(id, "ben", "wrong");
  assert.equal(status, 200);
  assert.deepEqual([body.outcome, body.answer, body.closed_by], ["wrong", "Looked at it", "ben"]);
  assert.deepEqual(recorded.splice(0), [
    "ben acted: answered a review: the decision was wrong, of p-1",
  ]);
  assert.equal(await codeOf(id, "ben", "wrong"), "409 REVIEW_CLOSED");
  const left = await list();
  assert.deepEqual(
    [left.open, left.reviews.map(({ review_id }) => review_id)],
    [1, [second.review_id, id]],
    "what is open comes first",
  );
  assert.deepEqual((await list("?state=closed")).reviews[0].closed_at, body.closed_at);
  const decision = await call<DecisionAnswer>("/decisions/p-1", "ben");
  assert.deepEqual(decision.body.reviews, [body]);
});

test("given one's own review, then it can be withdrawn", async () => {
  const { review_id: id } = await ask(3);
  const { body } = await close(id, "ada", "withdrawn", "It was another customer");
  assert.deepEqual([body.outcome, body.closed_by], ["withdrawn", "ada"]);
  assert.deepEqual(recorded.splice(0), ["ada acted: withdrew a review, of p-3"]);
});

test("given a log that takes nothing, then the review stays open", async () => {
  const { review_id: id } = await ask(4);
  away = true;
  assert.equal(await codeOf(id, "ben", "stands"), "503 UNRECORDED");
  away = false;
  const { reviews } = await list("?state=open");
  assert.ok(reviews.some(({ review_id }) => review_id === id));
  const both = await Promise.all([close(id, "ben", "stands"), close(id, "ben", "wrong")]);
  assert.deepEqual(both.map(({ status }) => status).sort(), [200, 409]);
  assert.equal(recorded.length, 1, "of two at once one counts");
});
