import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { until } from "../launch.ts";
import { givenArms, givenDecisions, openTables } from "./act-world.ts";
import { accessible, browserMissing, pageOf, shot } from "./browser.ts";

const given = { skip: browserMissing };

test(
  "given decisions, then one is opened in place by the keyboard, with its why",
  given,
  async () => {
    const { customer, stopped, delayed } = await givenDecisions(await openTables());
    const page = await pageOf("viewer", "/interventions?status=suppressed&reason=no_consent");
    const rows = page.locator("tbody tr[aria-rowindex]");
    const row = page.getByRole("row", { name: new RegExp(`${customer}\\b`) });
    await row.waitFor();
    const open = page.locator(".decision");
    // Under the pointer nothing moves, so that rows keep their places.
    await row.hover();
    for (let n = 0; n < 100; n++) {
      await page.keyboard.press("j");
      const selected = page.locator(`tr[aria-selected="true"][aria-rowindex="${n + 2}"]`);
      await selected.waitFor();
      if ((await selected.innerText()).includes(customer)) {
        await page.keyboard.press("Enter");
        break;
      }
    }
    await page.waitForURL(new RegExp(`decision=${stopped}`));
    await open.getByText(/^Not contacted: there is no consent/).waitFor();
    await open
      .locator("summary")
      .getByText(/Contact policy always, version 1/)
      .waitFor();
    await open.getByText("What became of it").waitFor();
    assert.match(await open.innerText(), /Stopped\. Not contacted/);
    const journey = open.getByRole("link", { name: /journey/ });
    assert.match(
      (await journey.getAttribute("href")) ?? "",
      new RegExp(`/journey\\?event=${stopped}`),
    );
    assert.ok((await rows.count()) >= 1);
    await accessible(page);
    await shot(page, "interventions-decision");
    await page.keyboard.press("Escape");
    await open.waitFor({ state: "detached" });
    await page.goto(`/console/interventions?decision=${delayed}`);
    await open.getByText(/^Put off: it is outside the hours/).waitFor();
    await open.getByText(/again from/).waitFor();
    await page.context().close();
  },
);

test("given filters, then chips carry counts, and the URL carries the choice", given, async () => {
  await givenDecisions(await openTables());
  const page = await pageOf("viewer", "/interventions");
  await page.getByRole("heading", { name: "Interventions" }).waitFor();
  const chip = page.getByRole("group", { name: "Why not" }).getByRole("button", {
    name: /^No consent \d/,
  });
  await chip.waitFor();
  const told = Number(/[\d,]+$/.exec(await chip.innerText())?.[0].replaceAll(",", ""));
  assert.ok(told >= 1);
  await chip.focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/reason=no_consent/);
  const list = page.getByRole("region", { name: "Decisions, the newest first" });
  // Others may decide meanwhile, but no row of another reason is left.
  await until("rows of one reason alone", async () => {
    const whys = await list.locator("tbody .decision-outcome + .soft").allInnerTexts();
    return whys.length >= 1 && whys.every((why) => /no consent/i.test(why));
  });
  const days = page
    .getByRole("group", { name: "Time span" })
    .getByRole("button", { name: "A year" });
  await days.focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/days=366/);
  await page.getByLabel("First day, UTC").fill("2020-01-05");
  await page.waitForURL(/from=2020-01-05/);
  await page.getByLabel("Last day, UTC").fill("2020-01-06");
  await page.waitForURL(/to=2020-01-07/);
  await page
    .locator("h1 + span")
    .getByText(/^0 decisions since 5 Jan 2020/)
    .waitFor();
  await days.press("Enter");
  await page.waitForURL((url) => !url.searchParams.has("from"));
  const copy = await page.context().newPage();
  await copy.goto(page.url());
  await copy
    .getByRole("group", { name: "Why not" })
    .getByRole("button", { name: /^No consent/, pressed: true })
    .waitFor();
  await page.context().close();
});

test("given the whole screen, then it is drawn with counts, reasons and arms", given, async () => {
  await givenDecisions(await openTables());
  const page = await pageOf("viewer", "/interventions");
  await page
    .getByRole("region", { name: "Decisions" })
    .getByText("Steps taken", { exact: true })
    .waitFor();
  await page.getByRole("region", { name: "Why contacts were not made" }).waitFor();
  await page.getByRole("region", { name: "Does contact help?" }).waitFor();
  await page.getByRole("row").nth(1).waitFor();
  await accessible(page);
  await shot(page, "interventions");
  await page.emulateMedia({ colorScheme: "dark" });
  await shot(page, "interventions-dark");
  await page.context().close();
});

test("given a pause by key, then times, counts and the list stand still", given, async () => {
  await givenDecisions(await openTables());
  const page = await pageOf("viewer", "/interventions");
  await page.getByRole("row").nth(1).waitFor();
  await page.waitForLoadState("networkidle");
  const asked: string[] = [];
  let onTheWay = 0;
  page.on("request", (request) => {
    if (request.resourceType() === "fetch") asked.push(request.url());
    onTheWay += 1;
  });
  const settled = () => {
    onTheWay -= 1;
  };
  page.on("requestfinished", settled).on("requestfailed", settled);
  const body = page.locator("body");
  const moving = await body.innerText();
  await until("it moves", async () => (await body.innerText()) !== moving);
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: /held at \d\d:\d\d:\d\d$/, pressed: true }).waitFor();
  await until("what was asked before is answered", () => onTheWay === 0);
  const still = await body.innerText();
  asked.length = 0;
  // Another window, in which nobody holds it, tells when it would have changed.
  const other = await page.context().newPage();
  await other.goto("/console/interventions");
  const answered = () => other.waitForResponse(/\/interventions\/statistics/);
  await answered();
  const first = await other.locator("body").innerText();
  await answered();
  assert.notEqual(await other.locator("body").innerText(), first);
  assert.equal(await body.innerText(), still);
  assert.deepEqual(asked, []);
  await page.keyboard.press("Space");
  await until("it goes on", async () => (await body.innerText()) !== still);
  await page.context().close();
});

test("given filters that nothing fits, then it says so and leads back", given, async () => {
  const page = await pageOf("viewer", "/interventions?band=LOW&status=answered");
  await page.getByText("No decision fits all of these filters.").waitFor();
  await page.getByRole("button", { name: "Show all" }).focus();
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => url.search === "");
  await page.getByRole("row").nth(1).waitFor();
  await page.context().close();
});

test("given the export, then it holds exactly the rows that are seen", given, async () => {
  const { stopped } = await givenDecisions(await openTables());
  const page = await pageOf("viewer", "/interventions?reason=no_consent");
  await page
    .getByRole("row", { name: /No consent|consent/ })
    .first()
    .waitFor();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "JSON" }).click();
  const saved = JSON.parse(readFileSync(await (await download).path(), "utf8")) as {
    intervention_id: string;
    suppressed_by: string;
  }[];
  assert.ok(saved.some(({ intervention_id }) => intervention_id === stopped));
  assert.ok(saved.every(({ suppressed_by }) => suppressed_by === "no_consent"));
  await page.context().close();
});

test("given arms, then what is known of them is told, and what is not", given, async () => {
  await givenArms(await openTables(), [
    { arm: "champion", episodes: 60, missed: 3 },
    { arm: "holdout", episodes: 60, missed: 30 },
    { arm: `tried_${process.pid}`, episodes: 2, missed: 0 },
  ]);
  const page = await pageOf("viewer", "/interventions");
  const arms = page.getByRole("region", { name: "Does contact help?" });
  const one = (name: string) => arms.getByRole("listitem").filter({ hasText: name });
  await one("Champion")
    .getByText(/^−\d+ percentage points .*: fewer payments are missed\.$/)
    .waitFor();
  await one("Control group")
    .getByText(/\d+ of \d+ episodes, \d+ %/)
    .waitFor();
  await one(`Tried ${process.pid}`)
    .getByText(/of 2 episodes: too few to say; 30 are needed/)
    .waitFor();
  await accessible(page);
  await page.context().close();
});
