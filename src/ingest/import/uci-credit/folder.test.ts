import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { cardSheet } from "../../../../test/card-sheet.ts";
import type { CustomerUpdate } from "../../../events/customer.ts";
import { cardSource, readFolder } from "./folder.ts";

const data = process.env.BELLWETHER_DATA;

const given = async (files: Record<string, string>, takesUndocumented = false) => {
  const folder = await mkdtemp(join(tmpdir(), "cards-"));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    return await readFolder(folder, takesUndocumented);
  } finally {
    await rm(folder, { recursive: true });
  }
};

const client = (more: Record<string, number | string> = {}) => ({ ID: 7, ...more });

test("given codes that are not described, when asked for, then they are counted", async () => {
  const sheet = cardSheet([
    client({ ID: 1, EDUCATION: 0, PAY_0: -1, PAY_2: -1 }),
    client({ ID: 2, EDUCATION: 5, MARRIAGE: 0, PAY_0: -2 }),
    client({ ID: 3, EDUCATION: 6, LIMIT_BAL: "1e+05", BILL_AMT1: -500 }),
  ]);
  const { clients, reports } = await given({ "a.csv": sheet }, true);
  assert.equal(clients.length, 3);
  const noted = Object.entries(reports[0].notes).map(([note, { count }]) => [note, count]);
  assert.deepEqual(Object.fromEntries(noted), {
    education_undocumented: 3,
    marriage_undocumented: 1,
    pay_status_undocumented_read_as_not_in_arrears: 3,
    bill_negative_read_as_nothing_owed: 1,
  });
  assert.equal(clients[2].limit_minor, 10_000_000);
});

test("given codes that are not described, then they are refused with their lines", async () => {
  const sheet = cardSheet([
    client({ ID: 1, EDUCATION: 0 }),
    client({ ID: 2, MARRIAGE: 0 }),
    client({ ID: 3, EDUCATION: 5, MARRIAGE: 0 }),
    client({ ID: 4, PAY_0: -2, PAY_2: 0 }),
    client({ ID: 5, EDUCATION: 6 }),
  ]);
  const book = await given({ "a.csv": sheet });
  const [report] = book.reports;
  assert.deepEqual(
    book.clients.map(({ client_id }) => client_id),
    [4],
  );
  assert.deepEqual(report.refused, {
    education_undocumented: { count: 3, first_lines: [2, 4, 6] },
    marriage_undocumented: { count: 1, first_lines: [3] },
  });
  assert.deepEqual([report.read, report.accepted], [5, 1]);
  const all = await given({ "a.csv": sheet }, true);
  assert.notEqual(cardSource(book).sha256, cardSource(all).sha256, "one is not the other begun");
});

const wrong: [string, Record<string, number | string>][] = [
  ["id_unreadable", { ID: "x" }],
  ["limit_unreadable", { LIMIT_BAL: 0 }],
  ["sex_code_unknown", { SEX: 3 }],
  ["education_code_unknown", { EDUCATION: 7 }],
  ["marriage_code_unknown", { MARRIAGE: 4 }],
  ["age_unreadable", { AGE: 7 }],
  ["pay_status_unknown", { PAY_4: -3 }],
  ["pay_status_unknown", { PAY_0: 10 }],
  ["bill_unreadable", { BILL_AMT3: "12.5" }],
  ["payment_unreadable", { PAY_AMT1: "" }],
  ["payment_negative", { PAY_AMT1: -1 }],
  ["outcome_unknown", { outcome: 2 }],
];

for (const [reason, cell] of wrong)
  test(`given ${JSON.stringify(cell)}, then the row is refused as ${reason}`, async () => {
    const { clients, reports } = await given({ "a.csv": cardSheet([client(cell), { ID: 8 }]) });
    assert.deepEqual(
      clients.map(({ client_id }) => client_id),
      [8],
    );
    assert.deepEqual(reports[0].refused, { [reason]: { count: 1, first_lines: [2] } });
  });

test("given a client in two files, then it is told once", async () => {
  const sheet = cardSheet([client()]);
  const { clients, reports } = await given({ "a.csv": sheet, "b.csv": sheet });
  assert.equal(clients.length, 1);
  assert.equal(reports[1].refused.duplicate_id.count, 1);
});

test("given a folder or a file that is none, then what is missing is named", async () => {
  await assert.rejects(readFolder(join(tmpdir(), "no such folder")), /cannot be read\. Give/);
  await assert.rejects(given({}), /has no file \*\.csv/);
  await assert.rejects(given({ "a.csv": "ID,SEX\n1,2\n" }), /a\.csv has no column LIMIT_BAL/);
});

const updateOf = (value: unknown) => value as CustomerUpdate;

test("given a client, then six months and an outcome are told in order of time", async () => {
  const book = await given({
    "a.csv": cardSheet([client({ PAY_0: 2, BILL_AMT1: 4_000, PAY_AMT2: 0, outcome: 1 })]),
  });
  const events = [...cardSource(book).events()];
  for (const [n, one] of events.entries()) assert.ok(n === 0 || one.at >= events[n - 1].at);
  for (const one of events) one.topic.read(one.topic.write(one.value));
  const of = (name: string) => events.filter(({ topic }) => topic.name === name);
  const payments = of("transactions-stream");
  assert.deepEqual(
    payments.map(({ value }) => (value as { txn_time: string }).txn_time.slice(0, 10)),
    ["2005-04-19", "2005-05-19", "2005-06-19", "2005-07-19", "2005-09-19"],
    "00:00 in Taipei, and nothing where nothing was paid",
  );
  const profiles = of("customer-updates").map(({ value }) => updateOf(value));
  assert.deepEqual(
    profiles.map(({ version }) => version),
    [1, 2, 3, 4, 5, 6, 7],
  );
  const [newest] = profiles[6].obligations ?? [];
  assert.deepEqual(
    [newest.days_past_due, newest.instalment, newest.outstanding],
    [60, 4_000, 4_000],
  );
  const [outcome] = of("outcomes").map(({ value }) => value as { outcome: string });
  assert.equal(outcome.outcome, "payment_missed");
  assert.equal(events.at(-1)?.topic.name, "ticks");
  assert.deepEqual(profiles[0].obligations, []);
});

test("given the real clients, then every row is accounted for", {
  skip: data ? false : "BELLWETHER_DATA is not set",
}, async () => {
  const book = await readFolder(join(data as string, "uci-credit"), true);
  const [report] = book.reports;
  assert.deepEqual([report.read, report.accepted, report.refused], [20_000, 20_000, {}]);
  assert.equal(book.clients.filter(({ defaulted }) => defaulted).length, 4_558);
  const { education_undocumented: education, marriage_undocumented: marriage } = report.notes;
  assert.deepEqual([education.count, marriage.count], [9 + 151 + 28, 33]);
  const documented = await readFolder(join(data as string, "uci-credit"));
  const refused = Object.values(documented.reports[0].refused).reduce(
    (sum, { count }) => sum + count,
    0,
  );
  assert.deepEqual([refused, documented.clients.length], [9 + 151 + 28 + 33, 20_000 - 221]);
});
