import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { until } from "../launch.ts";
import { openTables } from "./act-world.ts";
import { givenBadRecords } from "./bad-records.ts";
import { accessible, browserMissing, pageOf, shot } from "./browser.ts";

const given = { skip: browserMissing };
const pool = browserMissing ? undefined : await openTables();

/** Presses a key until the heading of the chosen cause is this one. */
const toCause = async (page: Page, name: string): Promise<void> => {
  const panel = page.getByRole("region", { name, exact: true });
  await page.getByRole("region", { name: "Causes" }).getByText(name, { exact: true }).waitFor();
  await until(`the cause ${name}`, async () => {
    if (await panel.isVisible()) return true;
    await page.keyboard.press("n");
    return false;
  });
};

/** What somebody of this name redrove after an edit. */
const redrivenBy = async (name: string): Promise<{ state: string; done: number }[]> =>
  (
    await pool!.query(
      "select state, done from redrives where edited and asked_by like $1 order by began_at desc",
      [`${name}%`],
    )
  ).rows;

test("given a dead letter, then it is mended and redriven by keyboard", given, async () => {
  const html = '<img src=x onerror="document.title=1">';
  const [id] = await givenBadRecords(pool!, {
    most: 1,
    more: { amount: "twelve", merchant_id: html },
  });
  const page = await pageOf("engineer", "/live");
  await page.locator("h1").first().waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("d");
  await page.getByRole("heading", { name: "Dead letters" }).waitFor();
  await toCause(page, "A field of the wrong type");
  const text = page.getByRole("textbox", { name: "Text of the record" });
  await until("our record", async () => {
    if ((await text.inputValue().catch(() => "")).includes(id)) return true;
    await page.keyboard.press("j");
    return false;
  });
  assert.equal(await page.locator("img").count(), 0, "a name is text, and nothing else");
  assert.ok(!(await page.content()).includes("ACC-OF-A-PERSON"), "personal data is masked");
  await page.getByRole("cell", { name: "amount", exact: true }).waitFor();
  const causes = page.getByRole("region", { name: "Causes" });
  await causes
    .getByText(/^first .+/)
    .first()
    .waitFor();
  await causes
    .getByText(/^last .+/)
    .first()
    .waitFor();
  await accessible(page);
  await shot(page, "dead-letters");

  await page.keyboard.press("e");
  const mended = (await text.inputValue()).replace('"twelve"', "12");
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText(mended);
  await page.getByText("Edited so, it keeps its contract.").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("d");
  await page.getByText(/Tried in feature-processor, on what it remembers/).waitFor();
  await page.keyboard.press("r");
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Other readers leave it out", { exact: false }).waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByText("Redriven to feature-processor-group.").waitFor();
  const [redriven] = await redrivenBy(`test-engineer-${process.pid}`);
  assert.deepEqual(redriven, { state: "done", done: 1 });
  await page.context().close();
});

test("given many of a cause, then another person must agree", given, async () => {
  await givenBadRecords(pool!, { most: 25, more: { channel: "pigeon" } });
  const page = await pageOf("engineer", "/dead-letters");
  await toCause(page, "A value that is not known");
  await page.keyboard.press("Shift+R");
  const dialog = page.getByRole("dialog");
  await dialog.getByText(/^Redrive \d+ records to feature-processor-group at 50\/s/).waitFor();
  await dialog.getByText("another person, a lead or engineer, must agree").waitFor();
  await page.keyboard.press("Enter");
  const waits = page.getByRole("region", { name: "Waits for a second person" });
  await waits.getByText("another person must agree", { exact: false }).waitFor();
  assert.equal(await waits.getByRole("button", { name: "Agree" }).count(), 0, "not by oneself");

  const other = await pageOf("lead", "/approvals");
  const agree = other.getByRole("button", { name: "Agree" }).first();
  await agree.waitFor();
  await accessible(other);
  await shot(other, "approvals");
  await agree.focus();
  await other.keyboard.press("Enter");
  await other.getByRole("dialog").waitFor();
  await other.keyboard.press("Tab");
  await other.keyboard.press("Enter");
  await other.getByText("The redrive to feature-processor-group has begun.").first().waitFor();
  const redrives = page.getByRole("region", { name: "Redrives" });
  await redrives.getByText(`with test-lead-${process.pid}`).waitFor();
  await until("the redrive is done", async () => {
    const { rows } = await pool!.query(
      "select 1 from redrives where approved_by like $1 and state = 'done' and done > 20",
      [`test-lead-${process.pid}-%`],
    );
    return rows.length > 0;
  });
  await other.context().close();
  await page.context().close();
});

test("given a viewer, then causes are seen, and neither bytes nor acts", given, async () => {
  await givenBadRecords(pool!, { most: 1, more: { amount: -1 } });
  const page = await pageOf("viewer", "/dead-letters?state=open");
  await toCause(page, "Amount out of range");
  await page.getByText("Leads, engineers and auditors see its bytes.").waitFor();
  assert.equal(
    await page.getByRole("button", { name: /^(Redrive many|Set all aside|Dry run)/ }).count(),
    0,
  );
  await page.context().close();
  const small = await pageOf("engineer", "/dead-letters", { theme: "dark", width: 768 });
  await small.getByRole("region", { name: "Causes" }).waitFor();
  const wide = await small.evaluate("document.documentElement.scrollWidth");
  assert.ok(Number(wide) <= 768, `${wide} px wide`);
  await shot(small, "dead-letters-dark");
  await small.context().close();
});
