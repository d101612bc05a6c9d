import assert from "node:assert/strict";
import { test } from "node:test";
import { openImport } from "./imports.ts";

test("given a kind without undocumented codes, then taking them is refused", async () => {
  await assert.rejects(openImport("berka:./data", true), /berka knows no --take-undocumented/);
  await assert.rejects(openImport("uci-credit:./no such folder", true), /cannot be read/);
  await assert.rejects(openImport("cards:./data"), /no kind of import \(berka, uci-credit\)/);
});
