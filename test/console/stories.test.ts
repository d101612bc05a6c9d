import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { storyWords } from "../../web/pages/stories/story-words.ts";
import { openTables } from "./act-world.ts";
import { accessible, browserMissing, pageOf, shot } from "./browser.ts";

const given = { skip: browserMissing };
const startOf = (story: string) => new RegExp(`^${storyWords(story).name}\\b`);

/** Those that the simulator has told by now. */
const begun = async (): Promise<string[]> => {
  const sql = "select distinct story from simulated_stories where starts_at <= now()";
  const { rows } = await (await openTables()).query<{ story: string }>(sql);
  return rows.map(({ story }) => story);
};

test("given simulated people, then each story of theirs is found by clicking", given, async () => {
  const all = await begun();
  assert.ok(all.length >= 8, `the simulator told of ${all}`);
  const page = await pageOf("viewer", "/stories");
  const told = page.getByRole("region", { name: "Stories", exact: true });
  const lived = page.getByRole("region", { name: "Customers of the story" });
  for (const story of all) {
    await told
      .locator("tbody tr")
      .filter({ hasText: startOf(story) })
      .click();
    await page.waitForURL(new RegExp(`story=${story}$`));
    await page.getByRole("heading", { name: `${storyWords(story).name}: customers` }).waitFor();
    await lived.locator("tbody tr").first().waitFor();
    assert.match(await lived.locator("tbody tr").first().innerText(), /^CUST-\d+/);
  }
  await lived.locator("tbody tr").first().click();
  await page.waitForURL(/\/console\/customers\/CUST-/);
  await page.context().close();
});

test("given the keyboard, then a story is chosen and its customer opened", given, async () => {
  const page = await pageOf("viewer", "/stories?story=job_loss");
  const lived = page.getByRole("region", { name: "Customers of the story" });
  const rows = lived.locator("tbody tr");
  await rows.first().waitFor();
  await accessible(page);
  await shot(page, "stories");
  await page.keyboard.press("n");
  await page.waitForURL((url) => url.searchParams.get("story") !== "job_loss");
  await page.keyboard.press("p");
  await page.waitForURL(/story=job_loss/);
  await rows.first().waitFor();
  for (const key of ["j", "j", "k"]) await page.keyboard.press(key);
  const chosen = lived.locator('tr[aria-selected="true"]');
  const customer = /^CUST-\d+/.exec(await chosen.innerText())?.[0];
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(`/console/customers/${customer}$`));
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.goBack();
  await rows.first().getByRole("link").focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/console\/customers\/CUST-/);
  await page.context().close();
});

test("given the export, then it holds the customers that are seen", given, async () => {
  const page = await pageOf("viewer", "/stories?story=job_loss");
  const panel = page.getByRole("region", { name: "Job loss: customers" });
  const first = panel.locator("tbody tr").first();
  await first.waitFor();
  const download = page.waitForEvent("download");
  await panel.getByRole("button", { name: "JSON" }).click();
  const saved = JSON.parse(readFileSync(await (await download).path(), "utf8")) as {
    customer_id: string;
  }[];
  assert.ok((await first.innerText()).startsWith(saved[0].customer_id));
  await page.context().close();
});
