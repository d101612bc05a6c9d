import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Page } from "playwright-core";
import type { QueueAnswer } from "../../src/serve/messages/queue.ts";
import { until } from "../launch.ts";
import { type AtRisk, putAtRisk } from "./at-risk.ts";
import { accessible, browserMissing, consolePlace, pageOf, shot } from "./browser.ts";

const given = { skip: browserMissing };
/** More is at stake than with any simulated customer, so that they come first, in this order. */
const people: AtRisk[] = [1, 2, 3, 4].map((n) => ({
  id: `QUEUE-${process.pid}-${n}`,
  band: n < 3 ? "CRITICAL" : "HIGH",
  score: n < 3 ? 0.9 : 0.7,
  instalment: 900_000 - n * 100_000,
}));
const [first, second, third, fourth] = people.map(({ id }) => id);
const simulated: AtRisk = {
  id: `SIM-${process.pid}`,
  band: "HIGH",
  score: 0.7,
  instalment: 300,
  simulated: true,
};

const askQueue = async (query = ""): Promise<QueueAnswer> => {
  const { url } = await consolePlace();
  return (await fetch(`${url}/queue?country=AT${query}`)).json() as Promise<QueueAnswer>;
};
const waiting = async (query?: string): Promise<string[]> =>
  (await askQueue(query)).rows.map((row) => row.customer_id).filter((id) => id.startsWith("QUEUE"));
const isWaiting = (ids: string[], query?: string) =>
  until(`${ids.length} wait`, async () => (await waiting(query)).join() === ids.join());

if (!browserMissing) {
  await putAtRisk(...people, simulated);
  await isWaiting([first, second, third, fourth]);
}

const rowOf = (page: Page, id: string) => page.locator("tbody tr", { hasText: shortOf(id) });
const shortOf = (id: string): string => (id.length <= 14 ? id : id.slice(-4));
/** How a band reads without its colour: by its word, and by how many bars are full. */
const bandOf = async (page: Page, id: string) => {
  const band = rowOf(page, id).locator(".band");
  const bars = await band.locator("svg rect[opacity='1']").count();
  return { word: (await band.innerText()).trim(), bars };
};
const cursorAt = (page: Page, id: string) =>
  page.waitForFunction((wanted) => new URLSearchParams(location.search).get("row") === wanted, id);
const openQueue = async (role: string, more = "", look = {}, whom = first): Promise<Page> => {
  const page = await pageOf(role, `/queue?country=AT${more}`, look);
  await rowOf(page, whom).or(page.getByText("like this")).first().waitFor();
  return page;
};

test("given the queue, then by keys one is taken, decided and undone", given, async () => {
  const page = await pageOf("analyst", "/queue");
  await rowOf(page, first).waitFor();
  const table = page.getByRole("region", { name: "Customers at risk" });
  assert.match((await table.locator("tbody tr").first().innerText()) ?? "", /Critical/);
  assert.deepEqual(await bandOf(page, first), { word: "Critical", bars: 4 });
  assert.deepEqual(await bandOf(page, third), { word: "High", bars: 3 });
  await page.keyboard.press("j");
  await cursorAt(page, first);
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  await cursorAt(page, first);
  await accessible(page);

  await page.keyboard.press("a");
  await page.getByText("Assigned: 1 customer.").waitFor();
  await isWaiting([first], `&assignee=${await meOf(page)}`);

  await page.keyboard.press("d");
  const dialog = page.getByRole("dialog", { name: `Decide about ${first}` });
  const decide = dialog.getByRole("button", { name: "Decide" });
  assert.equal(await decide.isDisabled(), true, "a reason is needed");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  assert.equal(await decide.isDisabled(), false);
  await accessible(page);
  await shot(page, "queue-decide");
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  await page.getByText("Decided: 1 customer.").waitFor();
  await rowOf(page, first).waitFor({ state: "detached" });
  await isWaiting([second, third, fourth]);

  await page.keyboard.press("u");
  await page.getByText("Undone.").waitFor();
  await rowOf(page, first).waitFor();
  await isWaiting([first, second, third, fourth]);
  await page.context().close();
});

const meOf = async (page: Page): Promise<string> =>
  page.evaluate(async () => (await (await fetch("/session")).json()).name as string);

test("given several, then the effect is said in numbers before it is done", given, async () => {
  const page = await openQueue("lead");
  await page.keyboard.press("j");
  await cursorAt(page, first);
  await page.keyboard.press("j");
  await cursorAt(page, second);
  await page.keyboard.press("x");
  await page.keyboard.press("j");
  await cursorAt(page, third);
  await page.keyboard.press("x");
  await page.getByText("2 chosen").waitFor();
  await page.keyboard.press("d");
  const dialog = page.getByRole("dialog", { name: "Decide about 2 customers" });
  await dialog.getByText("Decides 2 customers (1 Critical, 1 High).").waitFor();
  await dialog.getByLabel("Promised to pay").check();
  await dialog.getByLabel(/^Note,/).fill("Both pay on Friday");
  await dialog.getByRole("button", { name: "Decide 2 customers" }).click();
  await page.getByText("Decided: 2 customers.").waitFor();
  await isWaiting([first, fourth]);

  await page.getByRole("button", { name: /^Decided/ }).click();
  await page.waitForURL(/decided=decided/);
  await rowOf(page, third)
    .getByText(/^Contact by a person by test-lead/)
    .waitFor();
  await page.keyboard.press("j");
  await cursorAt(page, second);
  await page.keyboard.press("x");
  await page.getByRole("button", { name: "Choose all that are shown" }).click();
  await page.getByText("2 chosen").waitFor();
  await page.keyboard.press("o");
  const reopening = page.getByRole("dialog", { name: "Reopen 2 customers" });
  await reopening.getByText("Reopens 2 customers (1 Critical, 1 High).").waitFor();
  await isWaiting([first, fourth]);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByText("Reopened: 2 customers.").waitFor();
  await isWaiting([first, second, third, fourth]);
  await page.context().close();
});

test("given a lead, then by keys some are given to somebody, and given back", given, async () => {
  const colleague = `colleague-${process.pid}`;
  const page = await openQueue("lead");
  const chooseTwo = async () => {
    for (const at of [first, second]) {
      await page.keyboard.press("j");
      await cursorAt(page, at);
      await page.keyboard.press("x");
    }
    await page.getByText("2 chosen").waitFor();
  };
  const press = async (name: RegExp) => {
    await page.getByRole("button", { name }).focus();
    await page.keyboard.press("Enter");
  };
  await chooseTwo();
  await press(/^Give to/);
  const giving = page.getByRole("dialog", { name: "Give 2 customers to somebody" });
  await giving.waitFor();
  await page.keyboard.type(colleague);
  await giving.getByText("Assigns 2 customers (2 Critical).").waitFor();
  await accessible(page);
  await page.keyboard.press("Enter");
  await page.getByText("Assigned: 2 customers.").waitFor();
  await isWaiting([first, second], `&assignee=${colleague}`);
  await rowOf(page, first).getByText(colleague).waitFor();

  await page.goto("/console/queue?country=AT");
  await rowOf(page, first).waitFor();
  await chooseTwo();
  await press(/^Give back/);
  const back = page.getByRole("dialog", { name: "Give back 2 customers" });
  await back
    .getByText("Gives back 2 customers (2 Critical). 2 of them somebody else takes care of.")
    .waitFor();
  await accessible(page);
  await isWaiting([first, second], `&assignee=${colleague}`);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByText("Given back: 2 customers.").waitFor();
  await isWaiting([], `&assignee=${colleague}`);
  await page.context().close();
});

test("given filters and a view, then a link shows the same", given, async () => {
  const view = `Critical loans ${process.pid}`;
  const page = await openQueue("analyst");
  await page.getByRole("button", { name: /^Critical/ }).click();
  await page.waitForURL(/band=CRITICAL/);
  await rowOf(page, third).waitFor({ state: "detached" });
  await page.getByRole("button", { name: /^Owes for/ }).click();
  await page.getByRole("menuitem", { name: /^Loan/ }).press("Enter");
  await page.waitForURL(/product=loan/);
  await page.getByRole("button", { name: /^Views?/ }).click();
  await page.getByRole("menuitem", { name: /^Save what/ }).press("Enter");
  await page.getByLabel(/^Name;/).fill(view);
  await page.getByLabel("Others see it too").check();
  await page.keyboard.press("Enter");
  await page.getByText(`Saved as ${view}.`).waitFor();

  const other = await openQueue("viewer");
  await other.getByRole("button", { name: /^Views?/ }).click();
  await other
    .getByRole("menuitem", { name: /^Critical loans/ })
    .first()
    .press("Enter");
  await other.waitForURL(/band=CRITICAL/);
  assert.deepEqual(
    new URL(other.url()).searchParams.toString(),
    new URL(page.url()).searchParams.toString(),
  );
  await rowOf(other, third).waitFor({ state: "detached" });
  await other.keyboard.press("j");
  await other.keyboard.press("d");
  await other.getByText("Your role may look here, not decide.").waitFor();
  await other.context().close();

  await page.getByRole("button", { name: new RegExp(`^View: ${view}`) }).click();
  await page.getByRole("menuitem", { name: /^Remove the view/ }).press("Enter");
  await page.getByText(`Removed ${view}.`).waitFor();
  await page.context().close();
});

test("given an export, then it has exactly the rows that are seen", given, async () => {
  const page = await openQueue("analyst", "&band=HIGH", {}, third);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "CSV" }).click(),
  ]);
  const lines = readFileSync(await download.path(), "utf8")
    .trim()
    .split("\r\n");
  assert.match(lines[0], /^customer_id,band,score,/);
  const own = lines.filter((line) => line.startsWith("QUEUE-"));
  assert.deepEqual(
    own.map((line) => line.split(",")[0]),
    [third, fourth],
  );
  await page.context().close();
});

test("given a change elsewhere, then rows stay until it is asked for", given, async () => {
  const page = await openQueue("analyst");
  await putAtRisk({ ...people[3], instalment: 1_990_000 });
  const show = page.getByRole("button", { name: /changed – show/ });
  await show.waitFor();
  const shown = () => page.locator("tbody tr a").allInnerTexts();
  assert.match((await shown())[0], new RegExp(`${shortOf(first)}$`), "nothing has moved");
  await page.keyboard.press("r");
  await page.waitForFunction(
    (end) => document.querySelector("tbody tr a")?.textContent?.endsWith(end),
    shortOf(fourth),
  );
  await page.context().close();
});

test("given small and dark windows and nobody, then the screen holds", given, async () => {
  for (const width of [390, 768]) {
    const page = await openQueue("viewer", "", { width, theme: "dark" });
    const { scrolled, seen } = await page.evaluate(() => ({
      scrolled: document.documentElement.scrollWidth,
      seen: window.innerWidth,
    }));
    assert.ok(scrolled <= seen, `${scrolled} > ${seen}`);
    await page.context().close();
  }
  const page = await openQueue("viewer", "&contact=closed");
  await page.getByText("No customer at risk is like this.").waitFor();
  await accessible(page);
  await page.context().close();
});

test("given simulated people, then each result on them says so", given, async () => {
  for (const theme of ["light", "dark"] as const) {
    const page = await pageOf("lead", "/queue?simulated=yes", { theme });
    await rowOf(page, simulated.id).waitFor();
    const rows = await page.locator("tbody tr[aria-rowindex]").allInnerTexts();
    for (const row of rows) assert.match(row, /\bsimulated\b/);
    await shot(page, theme === "light" ? "queue" : "queue-dark");
    await page.context().close();
  }
  const page = await openQueue("viewer", "&simulated=no");
  assert.doesNotMatch(await rowOf(page, first).innerText(), /simulated/);
  assert.equal(await rowOf(page, simulated.id).count(), 0);
  await page.context().close();
});

test("given a role that only looks, then the API refuses too", given, async () => {
  const page = await pageOf("viewer", "/queue");
  const body = { customer_ids: [first], decision: "watch", reason_codes: ["other"] };
  const status = await page.evaluate(async (sent) => {
    const headers = { "content-type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify(sent) };
    return (await fetch("/queue/decide", init)).status;
  }, body);
  assert.equal(status, 403);
  await page.context().close();
});
