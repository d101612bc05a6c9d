import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import type { Page, WebSocketRoute } from "playwright-core";
import { readConfig } from "../../src/config.ts";
import { locateServers } from "../../src/embedded/servers.ts";
import { type CustomerAlert, customerAlerts } from "../../src/events/prediction.ts";
import { isoTime } from "../../src/events/time.ts";
import { transactionsStream } from "../../src/events/topics.ts";
import { ingestId } from "../../src/stream/ids.ts";
import { openWriter } from "../../src/stream/writer.ts";
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
/** All that the page says but how many came meanwhile, which a title says in place of a link. */
const allText = async (page: Page): Promise<string> =>
  (await page.locator("body").innerText())
    .split("\n")
    .filter((line) => !/^(\d+ new|all)$/.test(line))
    .join("\n");
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
  const p99 = panel(page, "Transaction to decision, p99").locator("b");
  await p99.waitFor();
  assert.match(await p99.innerText(), /^[\d.]+$/);
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

const charts: Readonly<Record<string, readonly string[]>> = {
  Events: ["Events per second"],
  "Transaction to decision, p99": ["p99", "p50"],
  "Behind by": ["Behind by"],
};
const figure = "[\\d.,]+( \\w+)?";
const reading = (names: readonly string[], value: string): RegExp =>
  new RegExp(`^[\\d:]+ · ${names.map((name) => `${name} ${value}`).join(" · ")}$`);

test("given a chart, then it says its values under the pointer and at the keys", {
  skip,
}, async () => {
  const page = await pageOf("viewer", "/live");
  await rowsOf(page, "Decisions").nth(5).waitFor();
  await someFail(page);
  await panel(page, "Transaction to decision, p99").locator("b").waitFor();
  for (const [name, names] of Object.entries(charts)) {
    const chart = panel(page, name).getByRole("slider");
    await chart.locator("canvas").waitFor();
    const said = chart.getByRole("status");
    const { x, y, width, height } = (await chart.boundingBox()) as DOMRect;
    await page.mouse.move(x + width - 2, y + height / 2);
    await said.waitFor();
    // A pixel is of some seconds, in which nothing may have been known yet.
    assert.match(await said.innerText(), reading(names, `(unknown|${figure})`));
    if (name.startsWith("Transaction")) await shot(page, "live-chart");
    await page.mouse.move(5, 5);
    await said.waitFor({ state: "detached" });

    await chart.focus();
    await page.keyboard.press("End");
    const last = await said.innerText();
    assert.match(last, reading(names, figure));
    const end = Number(await chart.getAttribute("aria-valuemax"));
    assert.equal(Number(await chart.getAttribute("aria-valuenow")), end);
    await page.keyboard.press("ArrowLeft");
    assert.equal(Number(await chart.getAttribute("aria-valuenow")), end - 1);
    assert.notEqual((await said.innerText()).split(" ")[0], last.split(" ")[0]);
    assert.match((await chart.getAttribute("aria-valuetext")) ?? "", /, \d+ \w+ \d{4}, .* UTC$/);
    await accessible(page);
    await chart.blur();
    await said.waitFor({ state: "detached" });
  }
  await page.close();
});

/** Tells staff of a customer that no other test knows, a second after another. */
const alertsOf = async (customer: string, ...kinds: CustomerAlert["alert_type"][]) => {
  const { folder } = await consolePlace();
  const { bootstrap } = locateServers(readConfig({ dataFolder: folder }, {}), ["kafka"]).kafka;
  const writer = await openWriter({ bootstrap, space: "live", source: "test@1" });
  for (const [n, alert_type] of kinds.entries()) {
    const time = isoTime(Date.now() + (n - kinds.length) * 1_000);
    await writer.send(customerAlerts, customer, {
      ...customerAlerts.example,
      alert_id: ingestId(Date.now()),
      customer_id: customer,
      alert_type,
      timestamp: time,
      event_time: time,
    });
  }
  await writer.flush();
  await writer.close();
};

test("given alerts of two kinds, then who entered Critical comes first", { skip }, async () => {
  const customer = `LIVE-${process.pid}`;
  await alertsOf(customer, "critical_risk", "refund_requested");
  const page = await pageOf("viewer", "/live");
  const own = rowsOf(page, "Alerts").filter({ hasText: customer });
  await own.nth(1).waitFor();
  assert.match(await own.nth(0).innerText(), /^Entered Critical/);
  assert.match(await own.nth(1).innerText(), /^Wants money back/);
  assert.match(await rowsOf(page, "Alerts").first().innerText(), /^Entered Critical/);
  await page.close();
});

test("given a pause by key, then nothing moves, and what is new is counted", { skip }, async () => {
  const page = await pageOf("viewer", "/live");
  await rowsOf(page, "Score changes").nth(5).waitFor();
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: /Go on/, pressed: true }).waitFor();
  const before = await rowsOf(page, "Score changes").allInnerTexts();
  const everything = await allText(page);
  await someFail(page);
  await panel(page, "Score changes")
    .getByText(/^\d+ new$/)
    .waitFor({ timeout: patienceMs });
  // The bar, the counts at the left and how long ago something was stand still as well.
  assert.equal(await allText(page), everything);
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
