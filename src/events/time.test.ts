import assert from "node:assert/strict";
import { test } from "node:test";
import { dayNumber, isoTime, timeMs } from "./time.ts";

const same: [text: string, utc: string][] = [
  ["2024-01-15T10:30:00", "2024-01-15T10:30:00.000Z"],
  ["2024-01-15 10:30:00", "2024-01-15T10:30:00.000Z"],
  ["2024-01-15T10:30", "2024-01-15T10:30:00.000Z"],
  ["2024-01-15", "2024-01-15T00:00:00.000Z"],
  ["2024-01-15T10:30:00.5Z", "2024-01-15T10:30:00.500Z"],
  ["2024-01-15T10:30:00.123456789Z", "2024-01-15T10:30:00.123Z"],
  ["2024-01-15T10:30:00+02:00", "2024-01-15T08:30:00.000Z"],
  ["2024-01-15T10:30:00-0530", "2024-01-15T16:00:00.000Z"],
  ["2000-02-29T23:59:59.999Z", "2000-02-29T23:59:59.999Z"],
  ["1900-03-01T00:00:00Z", "1900-03-01T00:00:00.000Z"],
];
for (const [text, utc] of same)
  test(`given ${text}, then it is ${utc}`, () => assert.equal(isoTime(timeMs(text)), utc));

const unreadable = [
  "",
  "yesterday",
  "2024-13-01",
  "2023-02-29",
  "1900-02-29",
  "2024-00-10T00:00:00Z",
  "2024-01-15T24:00:00Z",
  "2024-01-15T10:60:00Z",
  "2024-01-15T10:30:00.",
  "2024-01-15T10:30:00.Z",
  "2024-01-15T10:30:00+25:00",
  "2024-01-15T10:30:00 Z",
  "2024-01-15X10:30:00Z",
  "2024/01/15 10:30:00",
  "15.01.2024 10:30:00",
  "20240115T103000Z",
  "2024-01-15T10:30:00Zjunk",
];
for (const text of unreadable)
  test(`given "${text}", then it is no time`, () => assert.ok(Number.isNaN(timeMs(text))));

test("given any ms, then it is written as the language writes it", () => {
  for (let n = 0; n < 20_000; n++) {
    const ms = n * 86_399_977 + n;
    assert.equal(isoTime(ms), new Date(ms).toISOString());
    assert.equal(isoTime(-ms), new Date(-ms).toISOString());
  }
  assert.throws(() => isoTime(Number.NaN), RangeError);
});

test("given every day from 1970 to 2100, then its number is that of the calendar", () => {
  for (let day = 0; day < 47_482; day++) {
    const date = new Date(day * 86_400_000);
    const [y, m, d] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
    assert.equal(dayNumber(y, m, d), day);
    assert.equal(timeMs(isoTime(day * 86_400_000 + 4_321)), day * 86_400_000 + 4_321);
  }
});
