import assert from "node:assert/strict";
import { test } from "node:test";
import { resultsPage } from "./page.ts";

test("given a page, when one section is computed anew, then the others stay as they were", () => {
  const old = resultsPage("", { berka: ["loans"], uci: ["cards", "", "more"] });
  assert.match(old, /Not computed yet\./);
  const page = resultsPage(old, { uci: ["new cards"], simulator: ["people"] });
  assert.match(page, /\nloans\n/);
  assert.match(page, /\nnew cards\n/);
  assert.match(page, /\npeople\n/);
  assert.doesNotMatch(page, /more|Not computed/);
  assert.equal(resultsPage(page, {}), page);
  assert.match(page, /PKDD'99[\s\S]*CC BY 4\.0/);
});
