import assert from "node:assert/strict";
import { test } from "node:test";
import type { Sheet } from "../sheet.ts";
import { readAccounts, readClients, readHolders, readUnused } from "./accounts.ts";
import { readLoans } from "./loans.ts";

const sheet = (...lines: string[]): Sheet => ({
  file: "x.asc",
  sha256: "00",
  text: `${lines.join("\r\n")}\r\n`,
});
const refusals = (report: { refused: Record<string, { first_lines: number[] }> }) =>
  Object.entries(report.refused).map(([reason, r]) => `${reason} ${r.first_lines.join()}`);

const clients = readClients(
  sheet('"client_id";"birth_number";"district_id"', '1;"706213";18', '2;"450204";1', '3;"x";1'),
);
const accounts = readAccounts(
  sheet(
    '"account_id";"district_id";"frequency";"date"',
    '1;55;"POPLATEK MESICNE";930101',
    '2;1;"POPLATEK TYDNE";930201',
    '3;1;"POPLATEK TYDNE";930301',
  ),
);
const known = { clients: clients.found, accounts: accounts.found };

test("given clients, then the birth number gives date and sex, and an odd one only a note", () => {
  assert.deepEqual(clients.found.get(1), { client_id: 1, born: "1970-12-13", sex: "F" });
  assert.deepEqual(clients.found.get(3), { client_id: 3, born: undefined, sex: undefined });
  assert.deepEqual(clients.report.notes, {
    birth_number_unreadable: { count: 1, first_lines: [4] },
  });
  assert.equal(clients.report.accepted, 3);
});

test("given dispositions, then an account has one owner and others who may use it", () => {
  const { found, report } = readHolders(
    sheet(
      '"disp_id";"client_id";"account_id";"type"',
      '1;1;1;"OWNER"',
      '2;2;1;"DISPONENT"',
      '3;2;1;"OWNER"',
      '4;9;2;"OWNER"',
      '5;2;9;"OWNER"',
      '6;2;2;"FRIEND"',
      '7;;2;"OWNER"',
    ),
    known,
  );
  assert.deepEqual(found.get(1), { owner: 1, authorised: [2] });
  assert.equal(found.has(2), false);
  assert.deepEqual(refusals(report), [
    "second_owner 4",
    "client_unknown 5",
    "account_unknown 6",
    "role_unknown 7",
    "id_unreadable 8",
  ]);
});

test("given a second row of an account or a client, then it is refused", () => {
  const again = readAccounts(
    sheet('"account_id";"date"', "1;930101", "1;930102", "2;939999", "z;930101"),
  );
  assert.equal(again.found.get(1)?.opened, "1993-01-01");
  assert.deepEqual(refusals(again.report), [
    "duplicate_id 3",
    "date_unreadable 4",
    "id_unreadable 5",
  ]);
});

test("given loans, then amounts are hellers and the end is counted in months", () => {
  const holders = new Map([[1, { owner: 1, authorised: [] }]]);
  const { found, report } = readLoans(
    sheet(
      '"loan_id";"account_id";"date";"amount";"duration";"payments";"status"',
      '5314;1;930705;96396;12;8033.00;"B"',
      '5315;1;930705;96396;12;8033.00;"E"',
      '5316;9;930705;96396;12;8033.00;"A"',
      '5317;2;930705;96396;12;8033.00;"A"',
      '5314;1;930705;96396;12;8033.00;"A"',
      '5318;1;930705;0;12;8033.00;"A"',
      '5319;1;930705;96396;x;8033.00;"A"',
      '5320;1;930732;96396;12;8033.00;"A"',
    ),
    { accounts: accounts.found, holders },
  );
  assert.deepEqual(found, [
    {
      loan_id: 5314,
      account_id: 1,
      granted: "1993-07-05",
      ends: "1994-07-05",
      months: 12,
      amount_minor: 9_639_600,
      instalment_minor: 803_300,
      status: "B",
    },
  ]);
  assert.deepEqual(refusals(report), [
    "status_unknown 3",
    "account_unknown 4",
    "owner_unknown 5",
    "duplicate_id 6",
    "amount_unreadable 7",
    "duration_unreadable 8",
    "date_unreadable 9",
  ]);
});

test("given a sheet that nothing uses, then it is read, counted and said to be unused", () => {
  const report = readUnused(sheet('"card_id";"disp_id"', "1;1", "x;1"), "card_id", "no place");
  assert.equal(report.used_for, "nothing: no place");
  assert.deepEqual([report.read, report.accepted], [2, 1]);
  assert.deepEqual(refusals(report), ["id_unreadable 3"]);
});
