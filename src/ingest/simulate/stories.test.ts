import assert from "node:assert/strict";
import { test } from "node:test";
import {
  lookAlikes,
  riskStories,
  stories as storyNames,
  type Truth,
} from "../../events/simulation.ts";
import type { Transaction } from "../../events/transaction.ts";
import { history } from "./history.ts";
import { people } from "./people.ts";
import { likenesses, risks } from "./stories.ts";

const DAY_MS = 86_400_000;
const from = Date.parse("2026-01-05T00:00:00Z");
const to = from + 200 * DAY_MS;
const crowd = new Map(people(5, 1_600).map((person) => [person.customer_id, person]));

type Movement = Transaction & { at: number };
type Episode = Truth & { start: number; end: number; about: Movement[] };

/** Every story that is over, with all transactions of its customer. */
const told = () => {
  const movements = new Map<string, Movement[]>();
  const truths = new Map<string, Truth[]>();
  for (const { topic, key, value, time } of history(5, [...crowd.values()], from, to)) {
    if (topic.name === "transactions-stream") {
      const list = movements.get(key) ?? [];
      list.push({ ...(value as Transaction), at: time });
      movements.set(key, list);
    }
    if (topic.name === "simulation-truth")
      truths.set(key, [...(truths.get(key) ?? []), value as Truth]);
  }
  const episodes: Episode[] = [];
  for (const [key, list] of truths)
    for (const truth of new Map(list.map((one) => [one.starts_at, one])).values()) {
      if (!truth.starts_at || !truth.recovers_at) continue;
      const [start, end] = [truth.starts_at, truth.recovers_at].map((text) => Date.parse(text));
      episodes.push({ ...truth, start, end, about: movements.get(key) ?? [] });
    }
  return { episodes, truths };
};
const { episodes, truths } = told();

const of = (story: Truth["story"]): Episode[] => {
  const found = episodes.filter((one) => one.story === story);
  assert.ok(found.length >= 8, `${found.length} of ${story}`);
  return found;
};
const within = (one: Episode, first: number, last: number) =>
  one.about.filter(({ at }) => at >= one.start + first * DAY_MS && at < one.start + last * DAY_MS);
const share = (list: readonly Episode[], holds: (one: Episode) => boolean): number =>
  list.filter(holds).length / list.length;
const days = (one: Episode) => (one.end - one.start) / DAY_MS;
const salaries = (list: readonly Movement[]) => list.filter((m) => m.category === "salary");
const sum = (list: readonly Movement[]) => list.reduce((total, m) => total + m.amount, 0);
const monthly = (one: Episode) => (crowd.get(one.customer_id)?.monthly ?? 0) / 100;
const many = (part: number, least: number, what: string) =>
  assert.ok(part >= least, `${what}: ${part.toFixed(2)} of them`);

test("every story that has a name is told, under it", () => {
  const names = [...risks, ...likenesses].map(({ name }) => name);
  assert.deepEqual(["healthy", ...names], [...storyNames]);
  for (const story of storyNames)
    assert.ok(
      episodes.some((one) => one.story === story),
      story,
    );
});

test("given the people of up, then some of them are in each story when real time begins", () => {
  // As many people and days as up has where nothing else is set.
  const now = from + 120 * DAY_MS;
  const live = { from: now, to: undefined };
  const begun = new Map<string, number>();
  for (const { topic, value } of history(1, people(1, 2_000), from, now, [live])) {
    if (topic.name !== "simulation-truth") continue;
    const { story, starts_at } = value as Truth;
    if (starts_at && Date.parse(starts_at) < now) begun.set(story, (begun.get(story) ?? 0) + 1);
  }
  for (const story of storyNames) {
    const told = begun.get(story) ?? 0;
    assert.ok(told >= 5, `${story}: ${told}`);
  }
});

test("given a job loss, then pay stops after a last part of it", () => {
  const long = of("job_loss").filter((one) => days(one) > 60);
  many(
    share(long, (one) => salaries(within(one, 16, 55)).length === 0),
    0.95,
    "no pay",
  );
});

test("given late salaries, then pay comes from the same employer, later and later", () => {
  for (const one of of("salary_late").slice(0, 30)) {
    const { cadence, employer } = crowd.get(one.customer_id)!;
    if (cadence.kind !== "monthly") continue;
    const paid = salaries(within(one, 0, days(one)));
    for (const { merchant_id } of paid) assert.equal(merchant_id, employer);
  }
  const monthlyPaid = of("salary_late").filter(
    (one) => crowd.get(one.customer_id)?.cadence.kind === "monthly",
  );
  const grows = (one: Episode) => {
    const paid = salaries(one.about.filter(({ at }) => at < one.end + 8 * DAY_MS));
    const gaps = paid.slice(1).map((m, n) => m.at - paid[n].at);
    return Math.max(...gaps) > 34 * DAY_MS;
  };
  many(share(monthlyPaid, grows), 0.6, "a longer wait for pay");
});

test("given a medical shock, then treatment is paid for, and pay falls", () => {
  const health = (list: readonly Movement[]) => sum(list.filter((m) => m.category === "health"));
  const list = of("medical_shock");
  many(
    share(list, (one) => health(within(one, 0, 30)) > 3 * health(within(one, -30, 0))),
    0.8,
    "more spent on health",
  );
  const pay = (paid: readonly Movement[]) => sum(salaries(paid)) / salaries(paid).length;
  const paid = list
    .map((one) => pay(within(one, 10, days(one))) / pay(within(one, -65, 0)))
    .filter((part) => !Number.isNaN(part));
  assert.ok(paid.length >= 8, `${paid.length} with pay before and after`);
  many(paid.filter((part) => part < 0.95).length / paid.length, 0.8, "less pay");
});

test("given a gambling spiral, then bets grow, and in the end they are refused", () => {
  const bets = (list: readonly Movement[]) =>
    list.filter((m) => m.category === "gambling" && m.txn_type === "debit");
  const list = of("gambling_spiral");
  many(
    share(list, (one) => bets(within(one, -40, 0)).length === 0),
    1,
    "none before",
  );
  const more = (one: Episode) =>
    bets(within(one, 30, 60)).length > 1.5 * bets(within(one, 0, 30)).length;
  many(share(list, more), 0.8, "more bets in the second month");
  many(
    share(list, (one) => bets(one.about).some((m) => m.is_failed)),
    0.7,
    "a bet refused",
  );
});

test("given payday loans, then each is larger than the one before, and dear to pay back", () => {
  for (const one of of("payday_loans")) {
    const lent = one.about.filter((m) => m.category === "lending" && m.at >= one.start);
    assert.ok(lent.length >= 3, one.customer_id);
    assert.ok(lent[2].amount > lent[0].amount);
    const back = one.about.filter((m) => m.merchant_id === lent[0].merchant_id);
    assert.ok(back.some((m) => m.txn_type === "debit" && m.amount > 1.2 * lent[0].amount));
  }
});

test("given a divorce, then lawyers are paid, and both of a couple live through it", () => {
  const list = of("divorce");
  const lawyer = (m: Movement) => m.merchant_id?.startsWith("LAWYER_") ?? false;
  many(
    share(list, (one) => one.about.some(lawyer)),
    0.85,
    "a lawyer paid",
  );
  for (const one of list) {
    const { household } = crowd.get(one.customer_id)!;
    assert.notEqual(household.partner, null);
    if (!household.partnerIsCustomer) continue;
    const theirs = truths.get(household.partner!) ?? [];
    assert.ok(
      theirs.some((truth) => truth.starts_at !== null),
      household.partner!,
    );
  }
});

test("given a seasonal worker, then pay shrinks and stops for weeks", () => {
  for (const one of of("seasonal_worker")) assert.ok(crowd.get(one.customer_id)?.seasonal);
  const list = of("seasonal_worker");
  many(
    share(list, (one) => salaries(within(one, 38, 70)).length === 0),
    0.95,
    "no pay",
  );
});

test("given a holiday, then it is booked ahead, and money is spent abroad", () => {
  const travel = (one: Episode) => one.about.some((m) => m.category === "travel");
  many(share(of("holiday"), travel), 0.95, "travel booked");
  const abroad = (one: Episode) =>
    within(one, 0, 60).filter((m) => m.merchant_id === "ABROAD").length > 5;
  many(share(of("holiday"), abroad), 0.8, "spent abroad");
});

test("given a new job, then the old employer pays no more, and another one does", () => {
  for (const one of of("new_job")) {
    const before = salaries(one.about.filter(({ at }) => at < one.start)).at(-1)?.merchant_id;
    const after = salaries(one.about.filter(({ at }) => at > one.end)).at(0)?.merchant_id;
    if (before === undefined || after === undefined) continue;
    assert.notEqual(after, before, one.customer_id);
  }
});

test("given a house move, then rent goes to another landlord from then on", () => {
  for (const one of of("house_move")) {
    const rents = one.about.filter(
      (m) => m.category === "rent" && m.channel === "standing_order" && !m.is_failed,
    );
    const before = rents.filter(({ at }) => at < one.start).at(-1)?.merchant_id;
    const after = rents.filter(({ at }) => at > one.end).at(0)?.merchant_id;
    if (before === undefined || after === undefined) continue;
    assert.notEqual(after, before, one.customer_id);
  }
});

test("given one large purchase, then it is paid at once, from savings", () => {
  const large = (one: Episode) =>
    within(one, 0, 5).some((m) => m.txn_type === "debit" && m.amount > 0.35 * monthly(one));
  many(share(of("large_purchase"), large), 0.95, "a large purchase");
});

test("the look-alikes hardly ever miss a payment, real stories often do", () => {
  const missed = (names: readonly string[]) => {
    const list = episodes.filter((one) => names.includes(one.story));
    for (const one of list) assert.equal(one.look_alike, names === lookAlikes, one.story);
    return share(list, (one) => one.first_missed_payment !== null);
  };
  const [real, alike] = [missed(riskStories), missed(lookAlikes)];
  assert.ok(real > 0.3, `${real}`);
  assert.ok(alike < 0.05, `${alike}`);
});

test("a story begins before its peak and before the first payment missed because of it", () => {
  for (const one of episodes) {
    if (one.story === "healthy") continue;
    const peak = Date.parse(one.peaks_at!);
    assert.ok(peak >= one.start - DAY_MS && peak <= one.end, `${one.story} ${one.customer_id}`);
    if (one.first_missed_payment)
      assert.ok(Date.parse(one.first_missed_payment) >= one.start - DAY_MS);
  }
});
