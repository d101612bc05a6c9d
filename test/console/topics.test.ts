import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { transactionsStream } from "../../src/events/topics.ts";
import { until } from "../launch.ts";
import { accessible, browserMissing, pageOf, shot } from "./browser.ts";

const given = { skip: browserMissing };
const name = transactionsStream.name;
const messages = (page: Page) => page.getByRole("list", { name: "Messages" }).getByRole("listitem");
const param = (page: Page, of: string) => new URL(page.url()).searchParams.get(of);
const byParam = (page: Page, of: string, isSo: (value: string | null) => boolean) =>
  page.waitForURL((url) => isSo(url.searchParams.get(of)));

test("given the keys alone, then a topic is found and a message read", given, async () => {
  const page = await pageOf("engineer", "/topics");
  await page.getByRole("row", { name: new RegExp(`^${name}`) }).waitFor();
  const figures = page.getByRole("row", { name: new RegExp(`^${name}`) });
  await until("its figures", async () => !(await figures.innerText()).includes("unknown"));
  await accessible(page);
  await shot(page, "topics");
  await page.keyboard.press("j");
  const selected = page.locator('tr[aria-selected="true"]');
  for (let n = 0; n < 20 && !(await selected.innerText()).startsWith(name); n++)
    await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(`/topics/${name}`));
  await messages(page).nth(20).waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  await page.keyboard.press("Enter");
  const value = page.getByRole("region", { name: "Value" });
  await value.waitFor();
  // Other tests send records of their own by HTTP: the first one of the simulator is read.
  for (let n = 0; n < 20 && (await page.getByText("simulator@1").count()) === 0; n++) {
    const before = param(page, "open");
    for (const key of ["Enter", "j", "Enter"]) await page.keyboard.press(key);
    await byParam(page, "open", (open) => open !== null && open !== before);
    await value.waitFor();
  }
  const fields = JSON.parse(await value.innerText());
  assert.equal(fields.account_id, "***");
  assert.ok(fields.customer_id);
  assert.match(param(page, "open") ?? "", new RegExp(`^${name}-\\d-\\d+$`));
  await accessible(page);
  await shot(page, "topic");
  const same = await page.context().newPage();
  await same.goto(page.url());
  assert.deepEqual(
    JSON.parse(await same.getByRole("region", { name: "Value" }).innerText()),
    fields,
  );
  await page.getByRole("link", { name: "Journey" }).last().press("Enter");
  await page.waitForURL(/\/journey\?event=transactions-stream-/);
  await page.context().close();
});

test("given a sorted list, then keys follow it as it is drawn", given, async () => {
  const page = await pageOf("viewer", "/topics");
  const rows = page.getByRole("table").locator("tbody tr");
  await rows.first().waitFor();
  const head = page.getByRole("button", { name: /^Topic( [↑↓])?$/ });
  await head.focus();
  for (const [way, sign] of [
    ["asc", 1],
    ["desc", -1],
  ] as const) {
    await page.keyboard.press("Enter");
    await byParam(page, "sort", (sort) => sort === `name.${way}`);
    const names = await page.locator("tbody .topics-name").allInnerTexts();
    assert.ok(names.length > 5);
    assert.deepEqual(
      names,
      [...names].sort((a, b) => sign * a.localeCompare(b)),
    );
  }
  await page.getByRole("heading", { name: "Topics" }).first().click();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  assert.equal(await rows.nth(1).getAttribute("aria-selected"), "true");
  const second = await rows.nth(1).locator(".topics-name").innerText();
  const same = await page.context().newPage();
  await same.goto(page.url());
  await same.getByRole("columnheader", { name: "Topic" }).waitFor();
  await until("the same order", async () => {
    const names = await same.locator("tbody .topics-name").allInnerTexts();
    return names[1] === second;
  });
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(`/topics/${second}`));
  await page.context().close();
});

test("given a filter, a page, a key and a time, then each stands in the URL", given, async () => {
  const page = await pageOf("analyst", `/topics/${name}`);
  await messages(page).first().waitFor();
  await page.keyboard.press("f");
  await page.keyboard.type("value.is_failed &&");
  await page.keyboard.press("Enter");
  const fault = page.getByRole("alert");
  await fault.getByText(/cannot be used at character 19/).waitFor();
  assert.match(await fault.innerText(), /value\.is_failed &&\n {18}\^/);
  assert.match(await fault.innerText(), /An example: value\./);
  await accessible(page);
  await page.getByLabel("Filter").fill("value.is_failed == true");
  await page.keyboard.press("Enter");
  await until("messages of failed ones alone", async () => {
    const lines = await messages(page).allInnerTexts();
    return lines.length > 0 && lines.every((line) => line.includes("is failed true"));
  });
  await page.getByText(/Looked at [\d,]+ records/).waitFor();
  assert.equal(param(page, "filter"), "value.is_failed == true");

  await page.getByLabel("Filter").fill("");
  await page.keyboard.press("Enter");
  await byParam(page, "filter", (filter) => filter === null);
  const first = await messages(page).first().innerText();
  await page.getByLabel("Filter").blur();
  await page.keyboard.press("n");
  await byParam(page, "at", (at) => at !== null);
  await until("other messages", async () => (await messages(page).first().innerText()) !== first);
  await page.keyboard.press("b");
  await byParam(page, "at", (at) => at === null);

  const key = (await messages(page).first().innerText()).split("\n")[1];
  await page.getByLabel("Key", { exact: true }).fill(key);
  await page.keyboard.press("Enter");
  await byParam(page, "key", (asked) => asked === key);
  await until("messages of one key", async () =>
    (await messages(page).allInnerTexts()).every((line) => line.split("\n")[1] === key),
  );

  const slider = page.getByRole("slider");
  const to = await slider.getAttribute("aria-valuetext");
  await slider.focus();
  await page.keyboard.press("Home");
  await byParam(page, "from", (from) => from !== null);
  await until(
    "the slider's other end",
    async () => (await slider.getAttribute("aria-valuetext")) !== to,
  );
  await page.context().close();
});

const record = (customer: string, amount: number) => ({
  ...transactionsStream.example,
  customer_id: customer,
  transaction_id: `${customer}-${amount}`,
  txn_time: new Date().toISOString(),
  amount,
  merchant_id: "<img src=x onerror=\"document.title='run'\">",
});

/** Writes a record by hand, by the dialog. */
const write = async (page: Page, value: unknown): Promise<void> => {
  await page.getByRole("button", { name: "Write a record" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Value", exact: true }).fill(JSON.stringify(value));
  await dialog.getByRole("button", { name: "Check it" }).press("Enter");
  await dialog.getByRole("button", { name: `Write 1 record to ${name}` }).press("Enter");
  await dialog.waitFor({ state: "detached" });
};

test("given a record by hand, then it is checked, written, and seen live", given, async () => {
  const customer = `TEST-HAND-${process.pid}`;
  const page = await pageOf("engineer", `/topics/${name}`);
  await messages(page).first().waitFor();
  await page.keyboard.press("l");
  await page.getByLabel("Key", { exact: true }).fill(customer);
  await page.keyboard.press("Enter");
  await byParam(page, "key", (key) => key === customer);
  await page.getByRole("status").getByText("Live", { exact: true }).waitFor();

  await page.getByRole("button", { name: "Write a record" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Value", exact: true }).fill('{"amount": "twelve"}');
  await dialog.getByRole("button", { name: "Check it" }).press("Enter");
  await dialog.getByText(/required properties|must have/).waitFor();
  await accessible(page);
  await shot(page, "topic-write");
  await page.keyboard.press("Escape");

  await write(page, record(customer, 11));
  await messages(page)
    .getByText(/amount 11/)
    .waitFor();
  await page.getByRole("button", { name: "Write a record" }).blur();
  await page.keyboard.press("Space");
  await page.getByText("Paused").waitFor();
  await write(page, record(customer, 22));
  await page.getByRole("button", { name: /Go on \(1 new\)/ }).waitFor();
  assert.equal(await messages(page).count(), 1, "nothing moves while it is paused");
  await shot(page, "topic-live");
  await page.getByRole("button", { name: /Go on/ }).press("Enter");
  await messages(page)
    .getByText(/amount 22/)
    .waitFor();
  await messages(page).getByRole("button").first().press("Enter");
  await page.getByText("console@1").waitFor();
  await page.getByText("<img src=x onerror=").first().waitFor();
  assert.doesNotMatch(await page.title(), /run/, "a name is never more than text");
  await page.context().close();
});

test("given a topic of a processor, or a viewer, then nobody writes by hand", given, async () => {
  const page = await pageOf("engineer", "/topics/predictions-stream");
  await page.getByText(/written by feature-processor alone/).waitFor();
  assert.equal(await page.getByRole("button", { name: "Write a record" }).count(), 0);
  await page.context().close();
  const viewer = await pageOf("viewer", `/topics/${name}`);
  await messages(viewer).first().waitFor();
  assert.equal(await viewer.getByRole("button", { name: "Write a record" }).count(), 0);
  await viewer.context().close();
});

test("given a topic that is not there, then that is said in place of it", given, async () => {
  const page = await pageOf("viewer", "/topics/no-such-topic");
  await page.getByText('There is no topic "no-such-topic" in this space.').waitFor();
  await accessible(page);
  await page.context().close();
});
