import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Page } from "playwright-core";
import type { QueueRow } from "../../src/serve/messages/queue.ts";
import { putAtRisk } from "./at-risk.ts";
import { accessible, browserMissing, pageOf, shot } from "./browser.ts";

const given = { skip: browserMissing };

/** What the API answers to whoever is signed in on a page. */
const ask = <T>(page: Page, path: string, body?: unknown): Promise<T> =>
  page.evaluate(
    async ([path, body]) => {
      const headers = { "content-type": "application/json" };
      const sent = { method: "POST", headers, body: JSON.stringify(body) };
      const response = await fetch(path as string, body === null ? undefined : sent);
      return response.json();
    },
    [path, body ?? null],
  ) as Promise<T>;

let atRisk = "";
const linesMin = 200;
/** How many lines the timeline of a customer has. */
const linesOf = async (page: Page, customer: string): Promise<number> => {
  type Counts = { counts: Record<string, number> };
  const { counts } = await ask<Counts>(page, `/customers/${customer}/timeline/counts`);
  return Object.values(counts).reduce((sum, one) => sum + one, 0);
};

/** The riskiest customer with a past: those of other tests have none. */
const riskiest = async (page: Page): Promise<string> => {
  type Queue = { rows: QueueRow[] };
  const { rows } = await ask<Queue>(page, "/queue?decided=all&limit=50");
  for (const { customer_id } of rows.toSorted((a, b) => b.risk_score - a.risk_score))
    if ((await linesOf(page, customer_id)) > linesMin) return customer_id;
  return assert.fail(`of ${rows.length} at risk nobody has a past`);
};

before(async () => {
  if (browserMissing) return;
  const page = await pageOf("viewer", "/queue");
  await page.locator("h1").first().waitFor();
  atRisk = await riskiest(page);
  await page.context().close();
});

const open = async (role: string, look = {}, query = ""): Promise<Page> => {
  const page = await pageOf(role, `/customers/${atRisk}${query}`, look);
  await page.locator(".factor").first().waitFor();
  await page.locator(".line").nth(5).waitFor();
  return page;
};

const figure = (text: string): number =>
  Math.round(
    Number(
      text
        .replace(/[^−+±\d.]/g, "")
        .replace("−", "-")
        .replace(/[+±]/, ""),
    ) * 100,
  );

/** The figures shown on a panel and the sum shown below them, in hundredths. */
const figuresOf = async (page: Page): Promise<{ parts: number[]; sum: number }> => {
  const shown = await page.locator(".factor-value").allInnerTexts();
  const below = await page.locator(".why-sum dd").allInnerTexts();
  const all = [...shown, ...below].map(figure);
  return { parts: all.slice(0, -1), sum: all.at(-1) as number };
};
const addsUp = async (page: Page): Promise<void> => {
  const { parts, sum } = await figuresOf(page);
  assert.ok(parts.length >= 4, `${parts.length} figures`);
  assert.equal(
    parts.reduce((total, part) => total + part, 0),
    sum,
  );
};

test("given a customer at risk, then who, why now and how to reach is said", given, async () => {
  const page = await open("analyst");
  const head = page.locator(".customer-head");
  assert.match(await head.innerText(), /High|Critical/);
  assert.match(await head.innerText(), /may (not )?be reached/);
  assert.match(await head.innerText(), /episode day \d+|no episode is open/);
  assert.match(await head.innerText(), /due|overdue|nothing is owed/);
  assert.match(await head.innerText(), /simulated/);
  assert.doesNotMatch(await head.innerText(), /@/, "no address is shown");
  await page.getByRole("heading", { name: "Why now" }).waitFor();
  assert.ok((await page.locator(".factor.raising").count()) > 0);
  const usual = await page.locator(".factor-under").allInnerTexts();
  for (const one of usual) assert.match(one, /^now .+ · own usual .+ · others [-−\d]/);
  await addsUp(page);
  await shot(page, "customer");
  await accessible(page);
  await page.context().close();
});

test("given the dark theme, then the screen is as complete", given, async () => {
  const page = await open("analyst", { theme: "dark" });
  assert.ok((await page.locator(".line").count()) > 5);
  await shot(page, "customer-dark");
  await page.context().close();
});

test("given two points chosen by keyboard, then the difference adds up", given, async () => {
  const page = await open("viewer");
  const chart = page.getByRole("slider", { name: /Score over time/ });
  await chart.focus();
  await page.keyboard.press("Home");
  assert.match((await chart.getAttribute("aria-valuetext")) ?? "", /^0\.\d\d, /);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Why then" }).waitFor();
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "What changed from A to B" }).waitFor();
  await page.getByText(/^From A 0\.\d\d to B 0\.\d\d: /).waitFor();
  await page.getByText(/adds up exactly to/).waitFor();
  await addsUp(page);
  const { searchParams } = new URL(page.url());
  assert.ok(searchParams.get("a") && searchParams.get("b"));
  await shot(page, "customer-difference");
  await accessible(page);

  const sentence = await page.locator(".why-sentence").innerText();
  await page.reload();
  await page.getByText(sentence).waitFor();
  await page.getByRole("slider", { name: /Score over time/ }).focus();
  await page.keyboard.press("Escape");
  await page.getByRole("heading", { name: "Why now" }).waitFor();
  assert.equal(new URL(page.url()).searchParams.get("a"), null);
  await page.context().close();
});

test("given two points clicked on the chart, then the difference adds up", given, async () => {
  const page = await open("viewer");
  const chart = page.getByRole("slider", { name: /Score over time/ });
  const { width, height } = (await chart.boundingBox()) as DOMRect;
  const clicked = (share: number) => chart.click({ position: { x: width * share, y: height / 2 } });
  await clicked(0.4);
  await page.getByRole("heading", { name: "Why then" }).waitFor();
  await clicked(0.8);
  await page.getByRole("heading", { name: "What changed from A to B" }).waitFor();
  await page.getByText(/adds up exactly to/).waitFor();
  await addsUp(page);
  assert.deepEqual(await chart.locator("g:has(circle) text").allTextContents(), ["A", "B"]);
  const { searchParams } = new URL(page.url());
  assert.notEqual(searchParams.get("a"), searchParams.get("b"));
  await page.context().close();
});

test(
  "given the own and the peers' usual values, then both are said in figures",
  given,
  async () => {
    const own = {
      id: `USUAL-${process.pid}`,
      band: "MEDIUM",
      score: 0.4,
      instalment: 100,
    } as const;
    await putAtRisk(own);
    const page = await pageOf("viewer", `/customers/${own.id}`);
    await page.locator(".factor").first().waitFor();
    const usual = await page.locator(".factor-under").allInnerTexts();
    assert.equal(usual.length, 2, "one raises the risk, one lowers it");
    for (const one of usual)
      assert.match(one, /^now [-−\d].* · own usual [-−\d].* · others [-−\d]/);
    await page.context().close();
  },
);

test("given scores of two models and policies, then each change is marked", given, async () => {
  const own = { id: `MARKS-${process.pid}`, band: "MEDIUM", score: 0.4, instalment: 100 } as const;
  await putAtRisk({ ...own, by: { model_version: "m-1", policy_version: "p-1" } });
  await putAtRisk({ ...own, by: { model_version: "m-2", policy_version: "p-2" } });
  const page = await pageOf("viewer", `/customers/${own.id}`);
  await page.locator("[data-mark]").first().waitFor();
  const marks = await page
    .locator("[data-mark]")
    .evaluateAll((all) => all.map((one) => one.getAttribute("data-mark")));
  assert.deepEqual(marks, ["model m-2 from here on", "policy p-2 from here on"]);
  await page.getByText(/model m-2, before m-1$/).waitFor();
  await page.getByText(/policy p-2, before p-1$/).waitFor();
  await page.context().close();
});

test("given the seal, then it is computed again and what was checked is said", given, async () => {
  const page = await open("auditor");
  await page.getByRole("button", { name: "Verify" }).focus();
  await page.keyboard.press("Enter");
  const found = page.getByRole("status").filter({ hasText: "Intact" });
  assert.match(await found.innerText(), /computed again .* contributions add up/);
  await page.context().close();
});

test(
  "given j, k and Enter, then lines are walked and one leads to its reasons",
  given,
  async () => {
    const page = await open("viewer", {}, "?kinds=scores");
    const chip = page.getByRole("button", { name: /^Scores \d/ });
    assert.equal(await chip.getAttribute("aria-pressed"), "true");
    const kinds = new Set(await page.locator(".line-kind").allInnerTexts());
    assert.deepEqual([...kinds], ["score"]);
    for (const key of ["j", "j", "j", "k"]) await page.keyboard.press(key);
    const current = page.locator('.line[aria-current="true"]');
    const second = await page.locator(".line").nth(1).getAttribute("data-line");
    assert.equal(await current.getAttribute("data-line"), second);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: /Why then|Why now/ }).waitFor();
    await page.waitForFunction(() => new URLSearchParams(location.search).get("a") !== null);
    assert.equal(`score:${new URL(page.url()).searchParams.get("a")}`, second);
    await page.keyboard.press("i");
    await page.waitForURL(/\/console\/journey\?event=/);
    await page.goBack();
    await page.locator('.line[aria-current="true"]').waitFor();
    await page.context().close();
  },
);

test("given the end of the timeline, then it goes on to the first event", given, async () => {
  const page = await open("viewer");
  const total = await linesOf(page, atRisk);
  assert.ok(total > linesMin, `${total} lines`);
  const rows = page.locator(".timeline-rows");
  await page.waitForFunction((wanted) => {
    const all = document.querySelector(".timeline-rows");
    if (all) all.scrollTop = all.scrollHeight;
    return (all?.scrollHeight ?? 0) >= wanted;
  }, total * 46);
  assert.ok((await rows.locator(".line").count()) < 80, "only what is in sight is drawn");
  await page.context().close();
});

/** Another person finds the review where such things wait, and answers it, by keyboard alone. */
const answer = async (reason: string): Promise<void> => {
  const page = await pageOf("lead", "/live");
  await page
    .getByRole("link", { name: /^Approvals \d+$/ })
    .first()
    .waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("v");
  const review = page.locator(".approval").filter({ hasText: reason });
  await review.getByText(/test-analyst.* asked .* about a decision of/).waitFor();
  await accessible(page);
  await review.getByRole("button", { name: "Answer…" }).focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Answer the review" });
  await accessible(page);
  assert.ok(await dialog.getByRole("button", { name: "Answer" }).isDisabled());
  await dialog.getByRole("radio", { name: "The decision stands" }).focus();
  await page.keyboard.press("Tab");
  await page.keyboard.type(`Not a salary ${process.pid}`);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByText("The decision stands. It stands in the timeline").waitFor();
  await review.waitFor({ state: "detached" });
  await page.keyboard.press("d");
  await review.getByText(/the decision stands, says test-lead/).waitFor();
  await page.context().close();
};

test("given a doubt, then another person answers and the timeline says so", given, async () => {
  const page = await open("analyst");
  const reason = `The salary came by another bank ${process.pid}`;
  await page.getByRole("button", { name: "Ask for a review…" }).focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Ask for a review" });
  assert.ok(await dialog.getByRole("button", { name: "Ask" }).isDisabled());
  await dialog.getByLabel("What seems wrong").focus();
  await page.keyboard.type(reason);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  await page.locator(".line").filter({ hasText: reason }).waitFor();
  await answer(reason);
  await page.reload();
  const told = page.locator(".line").filter({ hasText: `Not a salary ${process.pid}` });
  await told
    .getByText(/^test-lead.* reviewed it for test-analyst.*: the decision stands$/)
    .waitFor();
  await page.context().close();
  const viewer = await open("viewer");
  assert.equal(await viewer.getByRole("button", { name: "Ask for a review…" }).count(), 0);
  await viewer.context().close();
});

test("given a lead, then deciding and taking go by keyboard and are undone", given, async () => {
  const page = await open("lead");
  const told = page.locator(".toast");
  await page.keyboard.press("d");
  const dialog = page.getByRole("dialog", { name: `Decide about ${atRisk}` });
  const reason = dialog.getByRole("checkbox").first();
  await reason.focus();
  await page.keyboard.press("Space");
  await dialog.getByRole("button", { name: "Decide" }).focus();
  await page.keyboard.press("Enter");
  await told.filter({ hasText: "Decided: 1 customer." }).waitFor();
  await page.keyboard.press("u");
  await told.filter({ hasText: "Undone." }).waitFor();
  await page.keyboard.press("a");
  await told.filter({ hasText: "Assigned: 1 customer." }).waitFor();
  await page.keyboard.press("u");
  await told.filter({ hasText: "Assigned: 1 customer." }).waitFor({ state: "detached" });
  const fresh = page.getByRole("button", { name: /new$/ });
  await fresh.waitFor();
  await fresh.press("Enter");
  await page
    .locator(".line")
    .filter({ hasText: /took the case/ })
    .first()
    .waitFor();
  await page.context().close();
});

test("given a reason, then the name is shown, and hidden again", given, async () => {
  const page = await open("analyst");
  const heading = page.getByRole("heading", { level: 1 });
  assert.match(await heading.innerText(), /name masked/);
  await page.getByRole("button", { name: "Show personal data" }).press("Enter");
  const dialog = page.getByRole("dialog", { name: "Show personal data" });
  await dialog.getByRole("textbox").fill("The customer is on the phone");
  await dialog.getByRole("button", { name: "Show" }).press("Enter");
  await page.locator(".customer-plain").waitFor();
  assert.doesNotMatch(await heading.innerText(), /masked/);
  await page.getByRole("button", { name: "Hide personal data" }).press("Enter");
  await page.locator(".customer-plain").waitFor({ state: "detached" });
  assert.match(await heading.innerText(), /name masked/);
  await page.context().close();
});

test("given HTML in a merchant's name, then it is text and nothing runs", given, async () => {
  const engineer = await pageOf("engineer", "/queue");
  await engineer.locator("h1").first().waitFor();
  const customer = `HTML-${process.pid}`;
  const merchant = '<img src=x onerror="window.hurt=1"><script>window.hurt=1</script>';
  const answer = await ask<{ accepted: number }>(engineer, "/events/transactions-stream", {
    customer_id: customer,
    transaction_id: `html-${process.pid}`,
    txn_time: new Date().toISOString(),
    amount: 12.5,
    currency: "EUR",
    txn_type: "debit",
    category: "groceries",
    channel: "pos",
    merchant_id: merchant,
    is_failed: false,
  });
  assert.equal(answer.accepted, 1);
  await engineer.waitForFunction(
    async (id) => (await fetch(`/customers/${id}/timeline?kinds=money`)).status === 200,
    customer,
  );
  await engineer.goto(`/console/customers/${customer}`);
  const line = engineer.locator(".line").filter({ hasText: "Groceries, 12.50 EUR" });
  assert.match(await line.innerText(), /<img src=x onerror="window\.hurt=1"><script>/);
  assert.equal(await engineer.locator("main img, main script").count(), 0);
  assert.equal(await engineer.evaluate("window.hurt"), undefined);
  await engineer.context().close();
});

test("given nobody of that name, then one sentence says so", given, async () => {
  const page = await pageOf("viewer", "/customers/NOBODY-AT-ALL");
  await page.getByText('There is no customer "NOBODY-AT-ALL" in this space.').waitFor();
  assert.equal(await page.locator(".course").count(), 0);
  await page.context().close();
});

test("given a narrow window, then nothing sticks out", given, async () => {
  for (const width of [1_280, 768, 390]) {
    const page = await open("lead", { width });
    const wide = await page.evaluate("document.documentElement.scrollWidth");
    assert.ok(Number(wide) <= width, `${wide} px at ${width}`);
    await page.context().close();
  }
});
