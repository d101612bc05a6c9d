import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { givenCall, givenDoubt, openTables } from "./act-world.ts";
import { accessible, browserMissing, pageOf, shot } from "./browser.ts";

const given = { skip: browserMissing };
const bold = "<b>Anna</b> Example";
const person = { name: "Anna Example", phone: "+420600111222" };

test("given a call, then who takes it by the keyboard is shown whom to call", given, async () => {
  const pool = await openTables();
  const { id, customer } = await givenCall(pool, person);
  const page = await pageOf("analyst", `/calls?call=${id}`);
  const row = page.getByRole("row", { name: new RegExp(`${customer}\\b`) });
  await row.waitFor();
  assert.doesNotMatch(await page.locator("main").innerText(), /Anna Example|600111222/);
  await page.keyboard.press("t");
  const hand = page.getByRole("region", { name: "Your call" });
  await hand.getByText("+420600111222").waitFor();
  assert.match(await hand.innerText(), /Anna Example/);
  await row.getByText("you").waitFor();
  await accessible(page);
  await shot(page, "calls");

  const other = await pageOf("analyst", `/calls?call=${id}`);
  await other
    .getByRole("row", { name: new RegExp(`${customer}\\b`) })
    .getByText(/test-analyst/)
    .waitFor();
  await other.keyboard.press("t");
  await other
    .getByRole("alert")
    .getByText(/is not yours/)
    .waitFor();
  assert.doesNotMatch(await other.locator("main").innerText(), /Anna Example|600111222/);
  await other.context().close();

  await page.keyboard.press("d");
  await page.getByText("Noted: spoken to.").waitFor();
  await row.waitFor({ state: "detached" });
  assert.doesNotMatch(await page.locator("main").innerText(), /Anna Example|600111222/);
  const { rows } = await pool.query("select state, taken_by from calls where call_id = $1", [id]);
  assert.equal(rows[0].state, "answered");
  assert.match(rows[0].taken_by, /^test-analyst/);
  await page.context().close();
});

test("given nobody who answers, then that is noted with one key", given, async () => {
  const pool = await openTables();
  const { id } = await givenCall(pool, { ...person, name: bold });
  const page = await pageOf("lead", "/calls");
  await page.getByRole("table").waitFor();
  const selected = page.locator(`tr[aria-selected="true"]`);
  for (let n = 0; n < 200 && !page.url().includes(id); n++) {
    await page.keyboard.press("j");
    await selected.waitFor();
  }
  await page.keyboard.press("t");
  await page.getByRole("region", { name: "Your call" }).getByText("+420600111222").waitFor();
  assert.equal(await page.locator(".call-name").innerText(), bold, "shown as it is, never drawn");
  await page.keyboard.press("n");
  await page.getByText("Noted: nobody answered.").waitFor();
  await page.context().close();
});

test("given a customer who must not be called, then why is said in its place", given, async () => {
  const pool = await openTables();
  const { id, customer } = await givenCall(pool, { ...person, statuses: ["cease_contact"] });
  const page = await pageOf("analyst", `/calls?call=${id}`);
  await page.getByRole("row", { name: new RegExp(`${customer}\\b`) }).waitFor();
  await page.keyboard.press("t");
  await page
    .getByRole("alert")
    .getByText(/must not be called any more/)
    .waitFor();
  assert.doesNotMatch(await page.locator("main").innerText(), /Anna Example|600111222/);
  await page.context().close();
});

test("given a viewer, then calls are seen and cannot be taken", given, async () => {
  const pool = await openTables();
  const { id, customer } = await givenCall(pool, person);
  const page = await pageOf("viewer", `/calls?call=${id}`);
  await page.getByRole("row", { name: new RegExp(`${customer}\\b`) }).waitFor();
  const take = page.getByRole("button", { name: /Take this call/ });
  assert.equal(await take.isDisabled(), true);
  await page.context().close();
});

test("given the export, then it holds the calls that are seen, and no number", given, async () => {
  const pool = await openTables();
  const { id, customer } = await givenCall(pool, person);
  const page = await pageOf("viewer", "/calls");
  await page.getByRole("row", { name: new RegExp(`${customer}\\b`) }).waitFor();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "JSON" }).click();
  const text = readFileSync(await (await download).path(), "utf8");
  const saved = JSON.parse(text) as { call_id: string }[];
  assert.ok(saved.some(({ call_id }) => call_id === id));
  assert.doesNotMatch(text, /Anna Example|600111222/);
  await page.context().close();
});

test("given a send in doubt, then a lead has it sent again, told the risk", given, async () => {
  const pool = await openTables();
  const { id, customer } = await givenDoubt(pool);
  const stateOf = async () => {
    const sql = "select state from notifications where notification_id = $1";
    return (await pool.query<{ state: string }>(sql, [id])).rows[0].state;
  };
  const page = await pageOf("lead", "/calls");
  const item = page.getByRole("listitem").filter({ hasText: customer });
  const again = item.getByRole("button", { name: /Send again/ });
  await again.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await dialog.getByText(/they get it twice/).waitFor();
  assert.match(await dialog.innerText(), /Attempt 1 may have been sent, or not: no answer in time/);
  const send = dialog.getByRole("button", { name: "Send once more" });
  assert.equal(await send.isDisabled(), true, "not before it was said that one takes it upon one");
  await accessible(page);
  await shot(page, "calls-unknown");
  assert.equal(await stateOf(), "unknown");
  await dialog.getByRole("checkbox").focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  await item.waitFor({ state: "detached" });
  assert.notEqual(await stateOf(), "unknown");
  const { rows } = await pool.query(
    "select released_by from notification_attempts where notification_id = $1 and attempt = 1",
    [id],
  );
  assert.match(rows[0].released_by, /^test-lead/);
  await page.context().close();
});

test("given an analyst, then a send in doubt waits for a lead", given, async () => {
  const pool = await openTables();
  const { customer } = await givenDoubt(pool);
  const page = await pageOf("analyst", "/calls");
  const item = page.getByRole("listitem").filter({ hasText: customer });
  await item.waitFor();
  assert.equal(await item.getByRole("button", { name: /Send again/ }).isDisabled(), true);
  await page.context().close();
});
