import assert from "node:assert/strict";
import { test } from "node:test";
import { transactionsStream } from "../../../events/topics.ts";
import { randomOf } from "../../../rules/random.ts";
import type { Sheet } from "../sheet.ts";
import { type LedgerRow, placeRows, readLedger, transactionOf } from "./ledger.ts";

const header =
  '"trans_id";"account_id";"date";"type";"operation";' +
  '"amount";"balance";"k_symbol";"bank";"account"';
const sheet = (rows: string[], file = "trans.asc"): Sheet => ({
  file,
  sha256: "00",
  text: `${[header, ...rows].join("\n")}\n`,
});
const known = {
  accounts: new Map([1, 2, 3].map((id) => [id, { account_id: id, opened: "1993-01-01" }])),
  holders: new Map([
    [1, { owner: 11, authorised: [] }],
    [2, { owner: 11, authorised: [12] }],
    [3, { owner: undefined, authorised: [12] }],
  ]),
};
const read = (...rows: string[]) => readLedger(sheet(rows), known, new Set());
const one = (row: string) => {
  const { found, report } = read(row);
  assert.deepEqual(report.refused, {});
  return { ...transactionOf({ row: found[0], place: 1 }), notes: found[0].meaning.notes };
};
const meaning = (type: string, operation: string, symbol: string) => {
  const row = `7;1;930705;"${type}";"${operation}";10.00;10.00;${symbol};;`;
  const { txn_type, category, channel, is_failed } = one(row);
  assert.equal(is_failed, false);
  return [txn_type, category, channel].join(" ");
};

test("given a row, then it is booked on the owner at midnight in Prague plus its place", () => {
  const { notes, ...event } = one(
    '695247;2;930705;"PRIJEM";"VKLAD";700.50;1700.00;"";"";"12345678"',
  );
  assert.deepEqual(event, {
    customer_id: "berka-11",
    transaction_id: "berka-695247",
    txn_time: "1993-07-04T22:00:00.001Z",
    amount: 700.5,
    currency: "CZK",
    txn_type: "credit",
    category: "cash",
    channel: "branch",
    is_failed: false,
    account_id: "2",
    balance_after: 1700,
    posted: true,
    event_type: "transaction",
  });
  assert.deepEqual(notes, []);
  assert.deepEqual(transactionsStream.read(transactionsStream.write(event)), event);
});

test("given the third type, VYBER or withdrawal in cash, then money went out", () => {
  assert.equal(meaning("VYBER", "VYBER", '""'), "debit cash branch");
  assert.equal(meaning("withdrawal in cash", "withdrawal in cash", ""), "debit cash branch");
  assert.equal(meaning("VYDAJ", "VYBER KARTOU", '""'), "debit cash atm");
  assert.equal(meaning("withdrawal", "credit card withdrawal", ""), "debit cash atm");
});

test("given a symbol that is empty, a blank or missing, then the operation decides", () => {
  for (const symbol of ['""', '" "', ""])
    assert.equal(meaning("VYDAJ", "PREVOD NA UCET", symbol), "debit transfer bank_transfer");
});

test("given penalty interest, then it is a penalty and no failed payment", () => {
  assert.equal(meaning("VYDAJ", "VYBER", '"SANKC. UROK"'), "debit penalty internal");
  const english = "sanction interest if negative balance";
  assert.equal(meaning("withdrawal", "withdrawal in cash", english), "debit penalty internal");
});

test("given other symbols in Czech or English, then they say what it was for", () => {
  assert.equal(meaning("VYDAJ", "PREVOD NA UCET", '"SIPO"'), "debit utilities bank_transfer");
  assert.equal(meaning("VYDAJ", "VYBER", '"SIPO"'), "debit utilities branch");
  assert.equal(meaning("withdrawal", "withdrawal in cash", "household"), "debit utilities branch");
  assert.equal(meaning("VYDAJ", "PREVOD NA UCET", '"UVER"'), "debit loan_payment bank_transfer");
  assert.equal(meaning("VYDAJ", "PREVOD NA UCET", '"POJISTNE"'), "debit insurance bank_transfer");
  assert.equal(meaning("PRIJEM", "PREVOD Z UCTU", '"DUCHOD"'), "credit pension bank_transfer");
  assert.equal(meaning("PRIJEM", "", '"UROK"'), "credit interest internal");
  assert.equal(meaning("VYDAJ", "VYBER", '"SLUZBY"'), "debit fee internal");
});

test("given a regular transfer in, then it is read as wages and the reading is noted", () => {
  const { category, notes } = one('7;1;930705;"PRIJEM";"PREVOD Z UCTU";10.00;10.00;"";;');
  assert.equal(category, "salary");
  assert.deepEqual(notes, ["regular_transfer_in_read_as_salary"]);
});

test("given an unknown operation or symbol, then the row is kept, and noted", () => {
  const { category, channel, notes } = one('7;1;930705;"VYDAJ";"SEK";10.00;10.00;"XYZ";;');
  assert.deepEqual([category, channel], ["other", "other"]);
  assert.deepEqual(notes, ["operation_unknown", "symbol_unknown"]);
});

test("given rows that cannot be used, then each is refused by name and line", () => {
  const { found, report } = read(
    'x;1;930705;"PRIJEM";"";1.00;1.00;"";;',
    '2;1;930231;"PRIJEM";"";1.00;1.00;"";;',
    '3;1;930705;"PRIJEM";"";1,00;1.00;"";;',
    '4;1;930705;"PRIJEM";"";-1.00;1.00;"";;',
    '5;1;930705;"PRIJEM";"";1.00;NaN;"";;',
    '6;1;930705;"PREVOD";"";1.00;1.00;"";;',
    '7;99;930705;"PRIJEM";"";1.00;1.00;"";;',
    '8;3;930705;"PRIJEM";"";1.00;1.00;"";;',
    '9;1;930705;"PRIJEM";"";1.00;1.00;"";;',
    '9;1;930706;"PRIJEM";"";1.00;2.00;"";;',
    '10;1;930705;"PRIJEM"',
    '11;1;930705;"PRIJEM";"";1.001;1.00;"";;',
  );
  const lines = Object.entries(report.refused).map(([reason, r]) => [reason, ...r.first_lines]);
  assert.deepEqual(lines, [
    ["id_unreadable", 2],
    ["date_unreadable", 3],
    ["amount_unreadable", 4, 13],
    ["amount_negative", 5],
    ["balance_unreadable", 6],
    ["type_unknown", 7],
    ["account_unknown", 8],
    ["owner_unknown", 9],
    ["duplicate_id", 11],
    ["wrong_number_of_columns", 12],
  ]);
  assert.deepEqual([report.read, report.accepted, found.length], [12, 1, 1]);
});

test("given a trans_id that another file had, then it is refused in the second", () => {
  const seen = new Set<number>();
  const row = '9;1;930705;"PRIJEM";"";1.00;1.00;"";;';
  readLedger(sheet([row]), known, seen);
  const { report } = readLedger(sheet([row], "again.asc"), known, seen);
  assert.deepEqual(Object.keys(report.refused), ["duplicate_id"]);
});

const booked = (account_id: number, trans_id: number, day: string, signed: number, after: number) =>
  ({
    account_id,
    trans_id,
    day,
    owner: 11,
    signed_minor: signed,
    balance_minor: after,
  }) as LedgerRow;

test("given ids that are not in time order, then the chain of balances places the rows", () => {
  const breaks: number[] = [];
  const placed = placeRows(
    [
      booked(1, 5, "1993-01-02", 500, 1_500),
      booked(1, 9, "1993-01-01", 1_000, 1_000),
      booked(1, 2, "1993-01-02", -300, 1_200),
      booked(2, 1, "1993-01-02", 700, 700),
    ],
    (row) => breaks.push(row.trans_id),
  );
  assert.deepEqual([...placed.keys()], ["1993-01-01", "1993-01-02"]);
  assert.deepEqual(
    placed.get("1993-01-02")?.map(({ row, place }) => [row.account_id, row.trans_id, place]),
    [
      [1, 5, 1],
      [1, 2, 2],
      [2, 1, 3],
    ],
  );
  assert.deepEqual(breaks, []);
});

test("given a gap in the ledger, then the day after it is said to be broken once", () => {
  const breaks: string[] = [];
  placeRows(
    [
      booked(1, 1, "1993-01-01", 1_000, 1_000),
      booked(1, 2, "1993-01-03", -100, 5_000),
      booked(1, 3, "1993-01-04", -100, 4_900),
    ],
    (row, by) => breaks.push(`${row.trans_id} ${by}`),
  );
  assert.deepEqual(breaks, ["2 trans_id"]);
});

test("given rows with any character changed, then each is accepted or refused, and valid", () => {
  const random = randomOf("ledger");
  const characters = ['"', ";", "0", "9", "-", ".", " ", "\r", "\t", "x", "\u00e9", "\\", "'"];
  const whole = '9;1;930705;"VYDAJ";"PREVOD NA UCET";1234.50;-20.30;"SIPO";"AB";"123"';
  const rows = Array.from({ length: 2_000 }, (_, n) => {
    const row = whole.replace(/^9/, String(n + 1));
    const at = random.whole(0, row.length - 1);
    const swap = characters[random.whole(0, characters.length - 1)];
    return row.slice(0, at) + swap + row.slice(at + random.whole(0, 2));
  });
  const { found, report } = read(...rows);
  const refused = Object.values(report.refused).reduce((sum, { count }) => sum + count, 0);
  assert.equal(report.read, rows.length);
  assert.equal(report.accepted + refused, report.read);
  assert.ok(refused > 500 && found.length > 200, `${refused} refused, ${found.length} accepted`);
  for (const row of found)
    transactionsStream.read(transactionsStream.write(transactionOf({ row, place: 1 })));
});
