import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { accessible, browserMissing, consolePlace, openWindow, pageOf, shot } from "./browser.ts";

const given = { skip: browserMissing };
/** What the first page may weigh, packed. */
const firstPageMaxBytes = 200_000;

test(
  "given the first page, then all JavaScript that it loads is at most 200 KB",
  given,
  async () => {
    const page = await pageOf("viewer", "/live");
    // Also what comes by itself after that: the screen, its charts and tables.
    await page.locator(".live-charts canvas").nth(2).waitFor();
    await page.locator("table").first().waitFor();
    const scripts = await page.evaluate(() =>
      performance.getEntriesByType("resource").map(({ name }) => name),
    );
    const sizes = await Promise.all(
      scripts
        .filter((url) => url.endsWith(".js"))
        .map(async (url) => gzipSync(Buffer.from(await (await fetch(url)).arrayBuffer())).length),
    );
    const total = sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(sizes.length >= 5, `${sizes.length} scripts`);
    assert.ok(total > 150_000 && total <= firstPageMaxBytes, `${total} bytes`);
    await page.context().close();
  },
);

test("given the page, then only what the server sends may run in it", given, async () => {
  const { url } = await consolePlace();
  const { headers } = await fetch(`${url}/console/`);
  const policy = headers.get("content-security-policy") ?? "";
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /script-src 'self'(;|$)/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.equal(headers.get("x-content-type-options"), "nosniff");
});

/** Types it into the search and takes what is found first. */
const find = async (page: Page, text: string): Promise<void> => {
  await page.keyboard.press("/");
  const field = page.getByPlaceholder(/Find a customer/);
  await field.fill(text);
  await page.locator("[cmdk-item][data-selected=true]").getByText(text).first().waitFor();
  await page.keyboard.press("Enter");
  await field.waitFor({ state: "detached" });
};

test("given the keyboard alone, then every screen of the list is reached", given, async () => {
  const page = await pageOf("admin", "/nowhere");
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.keyboard.press("?");
  const keys = page.getByRole("dialog", { name: "Keys" });
  await keys.waitFor();
  const ways = await keys
    .locator("dt")
    .evaluateAll((terms) =>
      terms.map((term) => [...term.querySelectorAll("kbd")].map((key) => key.textContent ?? "")),
    );
  await page.keyboard.press("Escape");
  await keys.waitFor({ state: "detached" });
  const goes = ways.filter(([first]) => first === "g");
  assert.ok(goes.length >= 5, `${goes.length} ways`);
  for (const [first, second] of goes) {
    const before = page.url();
    // Together, as people do: the second waits for no answer of a page that is busy.
    await Promise.all([page.keyboard.press(first), page.keyboard.press(second)]);
    await page.waitForFunction((was) => was.split("?")[0] !== location.href.split("?")[0], before);
    await page.locator("h1").first().waitFor();
    const current = page.locator('.side-link[aria-current="page"]');
    assert.equal(await current.count(), 1, page.url());
  }
  const listed = page.locator(".side-link > span:first-child");
  for (const name of await listed.allInnerTexts()) {
    await find(page, name);
    await page
      .locator('.side-link[aria-current="page"]')
      .getByText(name, { exact: true })
      .waitFor();
  }
  assert.ok((await listed.allInnerTexts()).includes("Access"), "it has no key of its own");
  await page.context().close();
});

test("given a role, then search and keys offer what the list at the left does", given, async () => {
  const page = await pageOf("viewer", "/queue");
  await page.getByRole("heading", { name: "Queue", level: 1 }).waitFor();
  const listed = await page.locator(".side-link > span:first-child").allInnerTexts();
  assert.ok(!listed.includes("Access") && listed.includes("Stories"), listed.join());
  await page.keyboard.press("/");
  const field = page.getByPlaceholder(/Find a customer/);
  await field.fill("who came in");
  await page.getByText(/^Nothing is called so/).waitFor();
  // What it may only look at, it is not offered to decide.
  await field.fill("take care");
  await page.getByText(/^Nothing is called so/).waitFor();
  await field.fill("stories");
  await page.getByRole("option", { name: /^Stories/ }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.keyboard.press("?");
  const keys = page.getByRole("dialog", { name: "Keys" });
  await keys.getByText("Next customer", { exact: true }).waitFor();
  for (const does of ["Decide", "Go to Access"])
    assert.equal(await keys.getByText(does, { exact: true }).count(), 0, does);
  await page.context().close();
});

test("given the search, then what the keys of a screen do is found by typing", given, async () => {
  const page = await pageOf("analyst", "/customers");
  await page.getByRole("row").nth(1).waitFor();
  await find(page, "next customer");
  await page.waitForURL(/row=/);
  await find(page, "find by how the id begins");
  // A command that puts the focus elsewhere keeps it there when the search has closed.
  await page.locator("#customers-search:focus").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("h1").click();
  await find(page, "sign out");
  await page.getByRole("heading", { name: /sign in/i }).waitFor();
  await page.context().close();
});

test("given the search, then a screen and a theme are found by typing", given, async () => {
  const page = await pageOf("admin", "/");
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.keyboard.press("/");
  await page.getByPlaceholder(/Find a customer/).fill("dark");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.documentElement.dataset.theme === "dark");
  await page.keyboard.press("/");
  await page.getByPlaceholder(/Find a customer/).fill("topics");
  await shot(page, "search");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/console\/topics/);
  await page.reload();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  await page.context().close();
});

/** The clock that a time shows, the one it stands for in UTC, and the zone that it names. */
const shownTime = (page: Page) =>
  page.locator("h1 + span time").evaluate((time: HTMLTimeElement) => ({
    shown: /\d\d:\d\d/.exec(time.innerText)?.[0],
    utc: time.dateTime.slice(11, 16),
    title: time.title,
  }));

test("given another zone for times, then they are shown in it, and it is kept", given, async () => {
  const page = await pageOf("viewer", "/interventions?days=7", { zone: "Asia/Tokyo" });
  const zone = page.getByRole("button", { name: /^(Local|UTC)$/ });
  await page.locator("h1 + span time").waitFor();
  const local = await shownTime(page);
  const [hours, minutes] = local.utc.split(":");
  const later = String((Number(hours) + 9) % 24).padStart(2, "0");
  assert.equal(local.shown, `${later}:${minutes}`, "nine hours later than UTC");
  assert.match(local.title, /\(Asia\/Tokyo\)$/);
  await zone.click();
  assert.equal(await zone.innerText(), "UTC");
  for (const again of [false, true]) {
    if (again) await page.reload();
    await page.locator("h1 + span time").waitFor();
    const { shown, utc, title } = await shownTime(page);
    assert.equal(shown, utc);
    assert.match(title, /\(UTC\)$/);
  }
  assert.equal(await zone.innerText(), "UTC");
  await page.context().close();
});

test("given a path without a screen, then that is said", given, async () => {
  const page = await pageOf("viewer", "/nowhere");
  await page.getByRole("heading", { name: "There is no such screen" }).waitFor();
  await accessible(page);
  await page.context().close();
});

test("given nobody who signed in, then the console asks who it is", given, async () => {
  const context = await openWindow();
  const page = await context.newPage();
  await page.goto("/console/");
  await page.getByRole("heading", { name: /sign in/i }).waitFor();
  await context.close();
});
