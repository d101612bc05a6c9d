import assert from "node:assert/strict";
import { test } from "node:test";
import { addDays, addMonths, bankDay, birthOf, endOf, startOf } from "./bank-day.ts";

test("given YYMMDD, then it is a day of the 1900s; a day that never was is none", () => {
  assert.equal(bankDay("930705"), "1993-07-05");
  assert.equal(bankDay("960229"), "1996-02-29");
  assert.equal(bankDay("931107 00:00:00"), "1993-11-07");
  for (const wrong of ["970229", "931301", "930100", "93070", "1993-07-05", "", "abcdef"])
    assert.equal(bankDay(wrong), undefined, wrong);
});

test("given a birth number with 50 added to the month, then it is a woman's", () => {
  assert.deepEqual(birthOf("706213"), { born: "1970-12-13", sex: "F" });
  assert.deepEqual(birthOf("450204"), { born: "1945-02-04", sex: "M" });
  for (const wrong of ["701313", "706313", "705013", "70621", ""])
    assert.equal(birthOf(wrong), undefined, wrong);
});

test("given a bank day, then it starts at midnight in Prague, in winter and in summer", () => {
  assert.equal(new Date(startOf("1993-01-05")).toISOString(), "1993-01-04T23:00:00.000Z");
  assert.equal(new Date(startOf("1993-07-05")).toISOString(), "1993-07-04T22:00:00.000Z");
  assert.equal(endOf("1993-01-05"), startOf("1993-01-06") - 1);
});

test("given the days on which the clocks change, then they last 23 and 25 hours", () => {
  const hours = (day: string) => (endOf(day) + 1 - startOf(day)) / 3_600_000;
  assert.equal(hours("1994-03-27"), 23);
  assert.equal(hours("1994-09-25"), 25);
});

test("given days and months to add, then calendars are kept", () => {
  assert.equal(addDays("1995-12-31", 1), "1996-01-01");
  assert.equal(addDays("1996-03-01", -1), "1996-02-29");
  assert.equal(addMonths("1995-11-30", 3), "1996-02-29");
  assert.equal(addMonths("1993-07-05", 12), "1994-07-05");
});
