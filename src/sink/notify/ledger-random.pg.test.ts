import assert from "node:assert/strict";
import { test } from "node:test";
import { testServers } from "../../embedded/test-servers.ts";
import { testSpace } from "../../embedded/test-space.ts";
import { Random } from "../../rules/random.ts";
import { listUnknown, sendAgain } from "./again.ts";
import type { Answer } from "./channel.ts";
import { channelOf, HOUR, noon, openTestLedger } from "./test-ledger.ts";

const { postgres } = await testServers(["postgres"]);
const space = await testSpace(postgres.url);

/** What a provider may do, and whether it has taken the message. `never`: the sender dies. */
const deeds: readonly (readonly [Answer | "never", taken: boolean])[] = [
  [{ said: "accepted" }, true],
  [{ said: "accepted" }, true],
  [{ said: "rejected", reason: "http_422" }, false],
  [{ said: "later", reason: "rate_limited", retryAfterMs: 1_000 }, false],
  [{ said: "unknown", reason: "connection_lost" }, true],
  [{ said: "unknown", reason: "connection_lost" }, false],
  ["never", true],
  ["never", false],
];

/** A run of random length and mischance: what was sent, and what the ledger says of it. */
const runOf = async (seed: number, idempotent: boolean) => {
  const random = new Random(seed, 2, 3, 4);
  const { pool, clock, customer, notify, sender, told } = await openTestLedger(space);
  const taken = new Map<string, number>();
  const mishap = channelOf((id) => {
    const [answer, isTaken] = random.pick(deeds);
    if (isTaken) taken.set(id, idempotent ? 1 : (taken.get(id) ?? 0) + 1);
    return answer === "never" ? new Promise(() => {}) : answer;
  });
  const channel = { ...mishap, idempotent };
  const ids = Array.from({ length: 12 }, (_, i) => `${seed}-${i}`);
  const interventions = new Map<string, string>();
  for (const id of ids) {
    await customer(`c-${id}`);
    const intervention_id = `INT_${seed}_${random.whole(0, 7)}`;
    interventions.set(id, intervention_id);
    await notify(id, { intervention_id, priority: random.whole(1, 3) });
  }
  const allowed = new Map<string, number>();
  for (let step = 0; step < 12; step++) {
    // A sender that dies leaves its turn unfinished: it is not waited for, and does nothing more.
    let isOver = false;
    const now = () => {
      if (isOver) throw new Error("This sender is dead");
      return clock.now;
    };
    const own = [sender([channel], { now }), sender([channel], { now })];
    const turns = Promise.allSettled(own.map((one) => one.settleAll()));
    await Promise.race([turns, untilQuiet(pool)]);
    isOver = true;
    await Promise.race([turns, untilQuiet(pool)]);
    clock.now = Math.min(clock.now + random.whole(1, 200) * 1_000, noon + 6 * HOUR);
    const doubts = random.chance(0.3) ? await listUnknown(pool) : [];
    for (const { notification_id: id } of doubts.slice(0, 1)) {
      await sendAgain(pool, { id, person: "maria", now: clock.now });
      allowed.set(id, (allowed.get(id) ?? 0) + 1);
    }
  }
  clock.now += 30 * HOUR;
  await sender([channel]).settleAll();
  return { pool, ids, interventions, taken, allowed, told };
};

type Pool = Awaited<ReturnType<typeof testSpace>>["pool"];

/** Until nothing changes any more although some attempts are never answered. */
const untilQuiet = async (pool: Pool): Promise<void> => {
  const count = async () =>
    JSON.stringify((await pool.query("select state, xmin from notifications")).rows);
  for (let last = "", next = await count(), same = 0; same < 20; last = next) {
    next = await count();
    same = next === last ? same + 1 : 0;
  }
};

for (let seed = 1; seed <= 12; seed++)
  test(`given chance ${seed}, then nothing is taken twice unless a person allowed it`, async () => {
    const { pool, ids, interventions, taken, allowed, told } = await runOf(seed, seed % 2 === 0);
    const byIntervention = Map.groupBy(ids, (id) => interventions.get(id) as string);
    for (const [intervention, group] of byIntervention) {
      const sum = (of: Map<string, number>) => group.reduce((n, id) => n + (of.get(id) ?? 0), 0);
      assert.ok(sum(taken) <= 1 + sum(allowed), `${intervention} was taken ${sum(taken)} times`);
    }
    const { rows } = await pool.query<{ id: string; state: string }>(
      "select notification_id as id, state from notifications where notification_id like $1",
      [`${seed}-%`],
    );
    assert.equal(rows.length, ids.length);
    const last = new Map((await told()).map((line) => line.split(" ") as [string, string]));
    for (const { id, state } of rows) {
      assert.ok(!["waiting", "reserved"].includes(state), `${id} is ${state}`);
      assert.equal(last.get(id), state);
      const isSure = state !== "accepted" && state !== "unknown";
      if (isSure) assert.equal(taken.get(id) ?? 0, 0, `${id} is ${state} and was taken`);
      if (state === "accepted") assert.ok((taken.get(id) ?? 0) >= 1);
    }
  });
