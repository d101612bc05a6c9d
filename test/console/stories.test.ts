import assert from "node:assert/strict";
import { test } from "node:test";
import { lookAlikes, riskStories } from "../../src/events/simulation.ts";
import { accessible, browserMissing, pageOf, shot } from "./browser.ts";

const given = { skip: browserMissing };
const words = (story: string) => new RegExp(`^${story.replaceAll("_", " ")}`, "i");

test("given simulated people, then each labelled story is found by clicking", given, async () => {
  const page = await pageOf("viewer", "/stories");
  const told = page.getByRole("region", { name: "Stories", exact: true });
  await told.getByRole("row").nth(1).waitFor();
  const names = await told.locator("tbody tr td:first-child").allInnerTexts();
  const known = [...riskStories, ...lookAlikes].filter((story) =>
    names.some((name) => words(story).test(name)),
  );
  assert.ok(known.length >= 6, `only ${known} of ${names}`);
  for (const story of known) {
    await told.getByText(words(story)).first().click();
    await page.waitForURL(new RegExp(`story=${story}`));
    const lived = page.getByRole("region", { name: "Customers of the story" });
    await lived.locator("tbody tr").first().waitFor();
    assert.match(await lived.locator("tbody tr").first().innerText(), /^CUST-\d+/);
  }
  await page.context().close();
});

test("given the keyboard, then a story is chosen and its customer opened", given, async () => {
  const page = await pageOf("viewer", "/stories?story=job_loss");
  const lived = page.getByRole("region", { name: "Customers of the story" });
  await lived.locator("tbody tr").first().waitFor();
  await accessible(page);
  await shot(page, "stories");
  await page.keyboard.press("j");
  await page.waitForURL((url) => url.searchParams.get("story") !== "job_loss");
  await page.keyboard.press("k");
  await page.waitForURL(/story=job_loss/);
  await lived.locator("tbody tr").first().click();
  await page.waitForURL(/\/console\/customers\/CUST-/);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.context().close();
});
