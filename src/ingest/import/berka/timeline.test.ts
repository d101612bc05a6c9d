import assert from "node:assert/strict";
import { test } from "node:test";
import type { CustomerUpdate } from "../../../events/customer.ts";
import { endOf, startOf } from "./bank-day.ts";
import { judgedLoans, observedDays, outcomeOf } from "./judged.ts";
import { type LedgerRow, placeRows } from "./ledger.ts";
import type { Loan } from "./loans.ts";
import { firstDue, profiles } from "./profiles.ts";
import { type LedgerBook, timeline } from "./timeline.ts";

const loan = (loan_id: number, account_id: number, granted: string, more: Partial<Loan> = {}) =>
  ({
    loan_id,
    account_id,
    granted,
    ends: "1994-03-10",
    months: 12,
    amount_minor: 1_200_000,
    instalment_minor: 100_000,
    status: "A",
    ...more,
  }) as Loan;
const row = (account_id: number, trans_id: number, day: string, signed = 100): LedgerRow => ({
  file: "trans.asc",
  line: trans_id,
  account_id,
  trans_id,
  owner: account_id * 10,
  day,
  amount_minor: Math.abs(signed),
  signed_minor: signed,
  balance_minor: trans_id * 100,
  meaning: { txn_type: "credit", category: "cash", channel: "branch", notes: [] },
});

const book = (): LedgerBook => {
  const rows = [row(1, 1, "1993-03-10"), row(1, 2, "1993-03-10"), row(2, 1, "1993-03-10")];
  return {
    clients: new Map([10, 11, 20].map((id) => [id, { client_id: id, born: undefined, sex: "M" }])),
    accounts: new Map([
      [1, { account_id: 1, opened: "1993-03-09" }],
      [2, { account_id: 2, opened: "1993-03-10" }],
    ]),
    holders: new Map([
      [1, { owner: 10, authorised: [11] }],
      [2, { owner: 20, authorised: [] }],
    ]),
    loans: [loan(5, 1, "1993-03-10")],
    observed: new Map([
      [1, "1993-03-10"],
      [2, "1993-03-10"],
    ]),
    placed: placeRows(rows, () => {}),
  };
};

const first = (day: string) => [...timeline(book())].filter((event) => event.at < startOf(day));

test("given a day, then profiles come first, then rows by place, then the tick", () => {
  const events = first("1993-03-11");
  assert.deepEqual(
    events.map((event) => `${event.topic.name} ${event.origin}`),
    [
      "customer-updates berka-profile-berka-10-1",
      "customer-updates berka-profile-berka-11-1",
      "ticks berka-1993-03-09",
      "customer-updates berka-profile-berka-10-2",
      "customer-updates berka-profile-berka-20-1",
      "transactions-stream berka-1",
      "transactions-stream berka-1",
      "transactions-stream berka-2",
      "ticks berka-1993-03-10",
    ],
  );
});

test("given the timeline, then times never fall, stamps agree, each record is valid", () => {
  let last = 0;
  const origins = new Set<string>();
  for (const event of timeline(book())) {
    assert.ok(event.at >= last, event.origin);
    assert.equal(event.topic.timeOf(event.value), event.at);
    const bytes = event.topic.write(event.value);
    assert.deepEqual(event.topic.read(bytes), event.value);
    if (event.topic.keyOf) assert.equal(event.topic.keyOf(event.value), event.key);
    origins.add(`${event.key} ${event.origin}`);
    last = event.at;
  }
  assert.equal(last, endOf("1994-03-10"), "the final tick lies after the outcome");
});

test("given two readings of the same book, then the timelines are equal", () => {
  assert.deepEqual([...timeline(book())], [...timeline(book())]);
});

test("given an empty book, then nothing is said", () => {
  const empty = { ...book(), holders: new Map(), loans: [], placed: new Map() };
  assert.deepEqual([...timeline(empty)], []);
});

test("given an owner with a paid loan, then the profile gains and loses the obligation", () => {
  const versions = profiles(book()).filter((profile) => profile.client === 10);
  assert.deepEqual(
    versions.map(({ day, value }) => [day, value.version, value.obligations?.length]),
    [
      ["1993-03-09", 1, 0],
      ["1993-03-10", 2, 1],
      ["1994-03-10", 3, 0],
    ],
  );
  const owing = versions[1].value;
  assert.deepEqual(owing.obligations?.[0], {
    obligation_id: "berka-loan-5",
    product: "loan",
    instalment: 1_000,
    currency: "CZK",
    due_rule: "day 12",
    next_due: new Date(startOf("1993-03-12")).toISOString(),
    days_past_due: null,
    outstanding: 12_000,
  });
});

test("given a loan that was not paid back, then it stays in the profile", () => {
  const unpaid = { ...book(), loans: [loan(5, 1, "1993-03-10", { status: "B" })] };
  const days = profiles(unpaid).map((profile) => `${profile.client} ${profile.day}`);
  assert.deepEqual(days, ["10 1993-03-09", "10 1993-03-10", "11 1993-03-09", "20 1993-03-10"]);
});

test("given who is only authorised, then the role says so and nothing of it is observed", () => {
  const found = profiles(book()).find((profile) => profile.client === 11);
  const value = found?.value as CustomerUpdate;
  assert.equal(value.accounts?.[0].role, "authorised");
  assert.deepEqual(value.obligations, []);
  assert.deepEqual(value.consent, [], "the contract is the owner's");
  assert.equal(value.observed_until, new Date(startOf("1993-03-09")).toISOString());
  const owner = profiles(book())[0].value;
  assert.deepEqual(owner.consent, [
    {
      purpose: "service",
      channel: "any",
      basis: "contract",
      given: true,
      at: new Date(startOf("1993-03-09")).toISOString(),
    },
  ]);
  assert.equal(owner.observed_until, new Date(endOf("1993-03-10")).toISOString());
});

test("given a grant, then the first instalment is due on the next 12th after it", () => {
  assert.equal(firstDue("1993-07-11"), "1993-07-12");
  assert.equal(firstDue("1993-07-12"), "1993-08-12");
  assert.equal(firstDue("1993-12-13"), "1994-01-12");
});

test("given a file of whole accounts, then all end on its last day", () => {
  const rows = [row(1, 1, "1993-03-01"), row(2, 2, "1994-03-31"), row(3, 3, "1993-05-01")];
  const observed = observedDays([rows], [loan(5, 1, "1994-03-10")]);
  assert.deepEqual(Object.fromEntries(observed), {
    1: "1994-03-31",
    2: "1994-03-31",
    3: "1994-03-31",
  });
});

test("given a file of what came before the loans, then each ends on the eve of its grant", () => {
  const rows = [row(1, 1, "1996-03-01"), row(2, 2, "1997-03-31")];
  const loans = [loan(5, 1, "1996-03-10"), loan(6, 2, "1997-04-10")];
  const observed = observedDays([rows], loans);
  assert.deepEqual(Object.fromEntries(observed), { 1: "1996-03-09", 2: "1997-04-09" });
});

test("given loans, then one is scorable if the ledger has rows before it and reaches it", () => {
  const loans = [
    loan(1, 1, "1993-06-01", { status: "D" }),
    loan(2, 2, "1993-06-01"),
    loan(3, 3, "1994-06-01"),
    loan(4, 4, "1993-06-01"),
  ];
  const holders = new Map([1, 2, 3, 4].map((id) => [id, { owner: id * 10, authorised: [] }]));
  const firstDays = new Map([
    [1, "1993-05-31"],
    [2, "1993-06-01"],
    [3, "1993-01-01"],
  ]);
  const observed = new Map([1, 2, 3].map((id) => [id, "1994-03-31"]));
  const fileOf = new Map([[1, "trans.asc"]]);
  const judged = judgedLoans({ loans, holders, firstDays, observed, fileOf });
  assert.deepEqual(
    judged.map((one) => [one.customer_id, one.bad, one.scorable]),
    [
      ["berka-10", true, true],
      ["berka-20", false, false],
      ["berka-30", false, false],
      ["berka-40", false, false],
    ],
  );
  assert.equal(judged[0].granted_at, startOf("1993-06-01"));
  assert.deepEqual([judged[0].ledger, judged[1].ledger], ["trans.asc", undefined]);
});

test("given the four statuses, then the outcome is known at the end or on the last day", () => {
  const said = (["A", "B", "C", "D"] as const).map((status) => {
    const { day, value } = outcomeOf(loan(7, 1, "1993-03-10", { status }), 10);
    return `${day} ${value.outcome}`;
  });
  assert.deepEqual(said, [
    "1994-03-10 loan_repaid",
    "1994-03-10 loan_defaulted",
    "1998-12-31 loan_running",
    "1998-12-31 loan_in_arrears",
  ]);
});
