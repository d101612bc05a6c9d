import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { browserMissing, pageOf } from "./browser.ts";

test("given the export, then it holds the sessions that are seen", {
  skip: browserMissing,
}, async () => {
  const page = await pageOf("viewer", "/sessions");
  await page.getByText("this browser").waitFor();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "CSV" }).press("Enter");
  const [head, ...rows] = readFileSync(await (await download).path(), "utf8")
    .trim()
    .split("\r\n");
  assert.equal(head, "name,role,came_by,created_at,seen_at,own");
  assert.equal(rows.length, 1);
  assert.match(rows[0], /^test-viewer-[^,]+,viewer,link,/);
  await page.context().close();
});
