import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import type { Page, WebSocketRoute } from "playwright-core";
import { transactionsStream } from "../../src/events/topics.ts";
import { until } from "../launch.ts";
import { accessible, browserMissing, consolePlace, openWindow, pageOf, shot } from "./browser.ts";

const skip = browserMissing;
const patienceMs = 180_000;

const failed = (customer: string) => ({
  ...transactionsStream.example,
  customer_id: customer,
  transaction_id: randomUUID(),
  txn_time: new Date().toISOString(),
  event_time: null,
  balance_after: null,
  is_failed: true,
  posted: false,
});

/** Payments that fail, of those who are scored above Low: each is told as a new score. */
const someFail = async (page: Page): Promise<void> => {
  const { url } = await consolePlace();
  const links = rowsOf(page, "Decisions").locator("a[href*='/customers/']");
  const paths = await links.evaluateAll((all) => all.map((one) => one.getAttribute("href") ?? ""));
  const ids = paths.map((path) => decodeURIComponent(path.split("/").at(-1) ?? ""));
  // Those of other tests stay as these have put them.
  for (const customer of new Set(ids.filter((id) => id.startsWith("CUST-")))) {
    const response = await fetch(`${url}/events/transactions-stream`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": randomUUID() },
      body: JSON.stringify(failed(customer)),
    });
    assert.ok(response.ok, await response.text());
  }
};

const panel = (page: Page, name: string) => page.getByRole("region", { name, exact: true }).first();
const rowsOf = (page: Page, name: string) => panel(page, name).locator("tbody tr");
const firstNumber = async (page: Page, name: string): Promise<number> => {
  const text = await panel(page, name).locator("b").first().innerText();
  return Number(text.replaceAll(",", ""));
};

test("given events, then each panel tells of them as they come", { skip }, async () => {
  const page = await pageOf("analyst", "/live");
  await page.getByRole("heading", { name: "Live", level: 1 }).waitFor();
  await rowsOf(page, "Decisions").nth(5).waitFor();
  await rowsOf(page, "Score changes").nth(5).waitFor();
  const customers = await panel(page, "Customers by band").locator("b").allInnerTexts();
  const total = customers.reduce((sum, one) => sum + Number(one.replaceAll(",", "")), 0);
  assert.equal(customers.length, 4);
  assert.ok(total >= 290, `${total} customers have a band`);
  await someFail(page);
  await until("events are counted", async () => (await firstNumber(page, "Events")) > 0);
  await until("the bar says what the screen says", async () => {
    const bar = await page.locator(".bar-figures a").first().innerText();
    return /^[\d.,]+ events\/s$/.test(bar);
  });
  const figure = panel(page, "Behind by");
  await figure.getByText(/keeps up|steady|growing|shrinking/).waitFor();
  for (const name of ["Needs a person", "Dead letters", "Alerts"])
    await panel(page, name).waitFor();
  await accessible(page);
  await shot(page, "live");
  await page.emulateMedia({ colorScheme: "dark" });
  await shot(page, "live-dark");
  await page.close();
});

test("given a pause by key, then nothing moves, and what is new is counted", { skip }, async () => {
  const page = await pageOf("viewer", "/live");
  await rowsOf(page, "Score changes").nth(5).waitFor();
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: /Go on/, pressed: true }).waitFor();
  const before = await rowsOf(page, "Score changes").allInnerTexts();
  await someFail(page);
  await panel(page, "Score changes")
    .getByText(/^\d+ new$/)
    .waitFor({ timeout: patienceMs });
  assert.deepEqual(await rowsOf(page, "Score changes").allInnerTexts(), before);
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: /Pause/, pressed: false }).waitFor();
  await until("the new ones are shown", async () => {
    const now = await rowsOf(page, "Score changes").allInnerTexts();
    return now.join() !== before.join();
  });
  await page.close();
});

test("given a pointer over a list, then that list stands still", { skip }, async () => {
  const page = await pageOf("viewer", "/live");
  const rows = rowsOf(page, "Score changes");
  await rows.nth(5).waitFor();
  await rows.nth(2).hover();
  const before = await rows.allInnerTexts();
  await someFail(page);
  await panel(page, "Score changes")
    .getByText(/^\d+ new$/)
    .waitFor({ timeout: patienceMs });
  assert.deepEqual(await rows.allInnerTexts(), before);
  await page.mouse.move(5, 5);
  await until("it goes on", async () => (await rows.allInnerTexts()).join() !== before.join());
  await page.close();
});

test("given a socket that drops, then it says since when, and it comes back", {
  skip,
}, async () => {
  const page = await pageOf("lead", "/live");
  await rowsOf(page, "Decisions").nth(5).waitFor();
  const context = page.context();
  let away = true;
  const sockets: WebSocketRoute[] = [];
  await context.routeWebSocket(/\/live$/, (socket) => {
    if (away) return void socket.close({ code: 1001 });
    sockets.push(socket);
    socket.connectToServer();
  });
  away = false;
  await page.reload();
  await rowsOf(page, "Decisions").nth(5).waitFor();
  await until("it goes through us", () => sockets.length === 1);
  const known = await rowsOf(page, "Decisions").allInnerTexts();
  away = true;
  await sockets[0].close({ code: 1001 });
  const badge = page.getByRole("status").filter({ hasText: /^not live since \d\d:\d\d:\d\d$/ });
  await badge.waitFor();
  assert.equal((await rowsOf(page, "Decisions").allInnerTexts()).length, known.length);
  await accessible(page);
  away = false;
  await badge.waitFor({ state: "detached", timeout: patienceMs });
  assert.ok(sockets.length >= 2);
  await page.close();
});

test("given the keyboard alone, then it leads here and on to a customer", { skip }, async () => {
  const page = await pageOf("analyst", "/queue");
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("l");
  await page.waitForURL(/\/console\/live$/);
  const customer = rowsOf(page, "Decisions").first().getByRole("link");
  await customer.waitFor();
  await customer.focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/console\/customers\/.+/);
  await page.close();
});

test("given more windows than one person may have, then the next says so", { skip }, async () => {
  const page = await pageOf("viewer", "/live");
  await rowsOf(page, "Decisions").first().waitFor();
  await page.evaluate(`Promise.all(Array.from({ length: 20 }, () => new Promise((resolve) => {
    const socket = new WebSocket(location.origin.replace("http", "ws") + "/live");
    socket.onopen = resolve;
  })))`);
  const next = await page.context().newPage();
  await next.goto("/console/live");
  await next.getByText("You look on in as many windows as one person may.").waitFor();
  await page.context().close();
});

test("given nobody who is signed in, then no socket is opened to them", { skip }, async () => {
  const context = await openWindow();
  const page = await context.newPage();
  const opened: string[] = [];
  page.on("websocket", (socket) => opened.push(socket.url()));
  await page.goto("/console/live");
  await page.getByRole("heading", { level: 1 }).waitFor();
  assert.deepEqual(opened, []);
  await context.close();
});

test("given a narrow window, then nothing runs over its edge", { skip }, async () => {
  for (const width of [768, 390]) {
    const page = await pageOf("viewer", "/live", { width });
    await rowsOf(page, "Decisions").nth(5).waitFor();
    const over = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth");
    assert.ok(Number(over) <= 0, `${over} px at ${width}`);
    await page.close();
  }
});
