import assert from "node:assert/strict";
import { test } from "node:test";
import { cell, table } from "./table.ts";

test("given rows, then columns are under their names, numbers to the right", () => {
  const shown = table(
    ["band", "customers"],
    [
      ["HIGH", 7],
      ["LOW", 1200],
    ],
  );
  assert.equal(shown, "band  customers\n----  ---------\nHIGH          7\nLOW        1200");
});

test("given no rows, then the names are shown", () => {
  assert.equal(table(["a", "b"], []), "a  b\n-  -");
});

test("given values of every kind, then each has one text", () => {
  const time = new Date("2024-01-15T10:30:00Z");
  const values = [null, undefined, time, Buffer.from([1, 255]), { a: [1] }, true];
  const texts = ["", "", "2024-01-15T10:30:00.000Z", "\\x01ff", '{"a":[1]}', "true"];
  assert.deepEqual(values.map(cell), texts);
});

test("given control characters, then they cannot move the cursor", () => {
  assert.equal(table(["a"], [["x\x1b[2Jy\nz"]]).split("\n")[2], "x\u{fffd}[2Jy z");
});
