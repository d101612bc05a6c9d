import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../launch.ts";
import { accessible, beside, browserMissing, pageOf, shot } from "./browser.ts";

const given = { skip: browserMissing };

type Told = { transaction_id: string; prediction_id: string; notification_id: string };
/**
 * A notification of which the result is known, with what led to it: decided at the score, or at a
 * deadline, which is a full minute. One that was put off until the result of another made room has
 * a way that leads back to that other.
 */
const told = (): Promise<Told> =>
  until("a transaction that led to a result", async () => {
    const query =
      "select s.transaction_id, s.prediction_id, n.notification_id from notifications n " +
      "join interventions i using (intervention_id) join risk_scores s using (prediction_id) " +
      "where s.transaction_id is not null and n.state not in ('waiting', 'reserved') " +
      "and n.decided_at in (s.score_date, date_trunc('minute', n.decided_at)) " +
      "order by n.seq desc limit 1";
    return (JSON.parse(await beside("sql", query, "--json")) as Told[])[0];
  });

test("given a transaction, then its way to a notification is walked by keys", given, async () => {
  const { transaction_id, notification_id } = await told();
  const page = await pageOf("analyst", "/journey");
  await page.getByText(/Give the id of an event/).waitFor();
  await accessible(page);
  await page.keyboard.press("e");
  await page.keyboard.type(transaction_id);
  await page.keyboard.press("Enter");
  const way = page.getByRole("list", { name: "The way, hop by hop" }).getByRole("listitem");
  await way.filter({ hasText: /notification-results-\d-\d+/ }).waitFor();
  const hops = await way.allInnerTexts();
  const topics = hops.map((hop) => /([a-z-]+)-\d-\d+/.exec(hop)?.[1]);
  // A decision that was put off leads to the next one; any other stands beside the way.
  const isDecision = (topic?: string) => topic === "interventions-stream";
  assert.deepEqual(topics.filter((topic) => !isDecision(topic)).slice(0, 4), [
    "transactions-stream",
    "predictions-stream",
    "notifications",
    "notification-results",
  ]);
  const besides = page.getByRole("list", { name: "Side branches" });
  if (!topics.slice(0, topics.indexOf("notifications")).some(isDecision))
    assert.match(await besides.innerText(), /interventions-stream-\d-\d+/);
  assert.equal(await page.getByText("slowest", { exact: true }).count(), 1);
  await page.getByText(/hops in .*; the slowest was/).waitFor();
  await page.getByLabel("Event").blur();
  const detail = page.getByRole("region", { name: "Value" });
  const hop = () => new URL(page.url()).searchParams.get("hop") ?? "";
  for (let n = 0; n < 8 && !hop().startsWith("notifications-"); n++) {
    const before = hop();
    await page.keyboard.press("j");
    await page.waitForURL((url) => (url.searchParams.get("hop") ?? "") !== before);
  }
  assert.match(hop(), /^notifications-/);
  await detail.getByText(notification_id).first().waitFor();
  await accessible(page);
  await shot(page, "journey");
  await page.keyboard.press("v");
  await page.getByRole("row", { name: /notification-results-/ }).waitFor();
  await accessible(page);
  await page.keyboard.press("k");
  await page.locator('tr[aria-selected="true"]').waitFor();
  const same = await page.context().newPage();
  await same.goto(page.url());
  await same.locator('tr[aria-selected="true"]').waitFor();
  assert.equal(
    await same.locator('tr[aria-selected="true"]').innerText(),
    await page.locator('tr[aria-selected="true"]').innerText(),
  );
  await page.context().close();
});

test("given any id on a way, then the same way is shown", given, async () => {
  const { transaction_id, prediction_id, notification_id } = await told();
  const page = await pageOf("viewer", "/journey");
  const places: string[][] = [];
  for (const id of [transaction_id, prediction_id, notification_id]) {
    await page.goto(`/console/journey?event=${encodeURIComponent(id)}&view=table`);
    await page
      .getByRole("row", { name: /notification-results-/ })
      .first()
      .waitFor();
    const texts = await page.locator("td .mono").allInnerTexts();
    places.push(texts.sort());
  }
  assert.deepEqual(places[1], places[0]);
  assert.deepEqual(places[2], places[0]);
  await page.context().close();
});

test("given an id that nobody knows, then that is said, with what to give", given, async () => {
  const page = await pageOf("viewer", "/journey?event=nobody-knows-this");
  await page.getByText('Nothing is known of "nobody-knows-this" in this space.').waitFor();
  await page.getByText(/Give topic-partition-offset/).waitFor();
  await accessible(page);
  await page.context().close();
});
