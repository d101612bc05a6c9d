import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import type { ArchitectureLiveAnswer, LiveFlow } from "../../src/serve/messages/architecture.ts";
import { until } from "../launch.ts";
import { accessible, beside, browserMissing, pageOf, shot } from "./browser.ts";

const given = { skip: browserMissing };

const open = async (query = "", look = {}): Promise<Page> => {
  const page = await pageOf("engineer", `/architecture${query}`, look);
  await page.getByRole("heading", { name: "Architecture", exact: true }).waitFor();
  return page;
};
const inUrl = (page: Page, name: string) => new URL(page.url()).searchParams.get(name);
const part = (page: Page, id: string) => page.locator(`[data-part="${id}"]`);
const focusedPart = (page: Page) =>
  page.evaluate(() => document.activeElement?.getAttribute("data-part") ?? null);

test(
  "given the picture, then by keys one follows the flow and sees a blast radius",
  given,
  async () => {
    const page = await pageOf("engineer", "/live");
    await page.getByRole("heading", { name: "Live", exact: true }).waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("a");
    await part(page, "processor:feature-processor").waitFor();
    assert.equal(await page.locator(".arch-lane").count(), 6);

    await part(page, "topic:transactions-stream").focus();
    await page.keyboard.press("ArrowRight");
    assert.equal(await focusedPart(page), "processor:feature-processor");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowLeft");
    assert.equal(await focusedPart(page), "processor:feature-processor");
    await page.keyboard.press("Enter");
    const blast = page.getByRole("region", { name: "Blast radius", exact: true });
    await blast.getByText(/parts downstream/).waitFor();
    assert.equal(inUrl(page, "selected"), "processor:feature-processor");
    assert.match(await blast.innerText(), /records would wait in .*transactions-stream/);
    assert.equal(
      await part(page, "ingest:http").evaluate((e) => e.className.includes("lit")),
      true,
    );
    const aside = part(page, "sink:transactions-sink");
    assert.equal(await aside.evaluate((e) => e.className.includes("dimmed")), true);
    await until("who writes and reads is seen", async () =>
      /[1-9]\d* flows seen as declared/.test(await page.locator("main").innerText()),
    );
    // Known rates are figures; a topic whose records name nobody has writers of unknown rate.
    await until("rates are known", async () =>
      /(\d\/s|under)/.test(await part(page, "topic:transactions-stream").innerText()),
    );
    await accessible(page);
    await shot(page, "architecture");
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => !new URLSearchParams(location.search).has("selected"));
  },
);

test("given a link, then a colleague sees the same, in the dark too", given, async () => {
  const query = "?part=platform&selected=kafka-broker";
  const page = await open(query, { theme: "dark" });
  await part(page, "kafka-broker").waitFor();
  assert.equal(await page.locator("[data-part]").count(), 32);
  assert.equal(await page.locator(".arch-lane").count(), 10);
  assert.equal(await part(page, "kafka-broker").getAttribute("aria-pressed"), "true");
  assert.match(await part(page, "zookeeper").innerText(), /retired/);
  await page.getByText(/flows? seen as declared/).waitFor();
  await shot(page, "architecture-dark");
  await page.getByRole("button", { name: "As a table" }).click();
  await page.getByRole("row", { name: /Kafka Connect with Debezium Kafka broker/ }).waitFor();
  assert.equal(inUrl(page, "as"), "table");
  await accessible(page);
});

test(
  "given the explorer, then a function is found, and everything about its owner",
  given,
  async () => {
    const page = await open("?tab=explorer&part=platform");
    await page.getByRole("region", { name: "32 components" }).waitFor();
    await page.getByRole("searchbox", { name: "Search components" }).fill("verify_integrity");
    await page.getByRole("region", { name: "1 component", exact: true }).waitFor();
    await page.getByRole("searchbox", { name: "Search components" }).blur();
    await page.keyboard.press("j");
    const detail = page.getByRole("region", { name: "Audit service" });
    await detail.getByText("consume_all_events").waitFor();
    for (const name of ["hash_event", "store_audit_trail", "verify_integrity"])
      assert.match(await detail.innerText(), new RegExp(name));
    await page.getByRole("searchbox", { name: "Search components" }).fill("");
    await page.getByRole("button", { name: /6 Messaging & Streaming/ }).press("Enter");
    await page.getByRole("region", { name: "3 components" }).waitFor();
    await page.getByRole("button", { name: /6 Messaging & Streaming/ }).press("Enter");
    const statistics = page.getByRole("region", { name: "By layer" });
    assert.match(await statistics.innerText(), /5 Tools & Support\s+4/);
    await page.getByRole("row", { name: /Kafka broker/ }).click();
    await page
      .getByRole("region", { name: "Kafka broker" })
      .getByText("replicate_partition")
      .waitFor();
    await page.getByRole("row", { name: /Kafka Connect with Debezium/ }).click();
    const connect = page.getByRole("region", { name: "Kafka Connect with Debezium" });
    await connect.getByText("publish_event").waitFor();
    const told = await connect.innerText();
    for (const [name, value] of [
      ["Kafka Connect with Debezium", "Container"],
      ["Owner", "platform"],
      ["Protocols in", "change streams \\(MongoDB\\)"],
      ["Protocols out", "Kafka"],
      ["Ports", "8083"],
      ["Database operations", "read change stream of users"],
      ["Functions", "capture_change"],
      ["API calls", "GET /connectors"],
      ["Topics", "db.changes.users"],
    ])
      assert.match(told, new RegExp(`${name}\\s+${value}`));
    await accessible(page);
    await shot(page, "architecture-explorer");
  },
);

test("given drift, then both its kinds are listed, and lead to their parts", given, async () => {
  const page = await pageOf("engineer", "/live");
  await page.route("**/architecture/live", async (route) => {
    const answer = await route.fetch();
    const told = (await answer.json()) as ArchitectureLiveAnswer;
    const some = { rate_per_s: 0, lag_records: null, lag_seconds: null, why: "A test says so" };
    const flows: LiveFlow[] = [
      {
        ...{ from: "topic:transactions-stream", to: "group:stranger", state: "undeclared" },
        ...{ ...some, seen_at: new Date().toISOString() },
      },
      {
        ...{ from: "ingest:http", to: "topic:transactions", state: "not_seen" },
        ...{ ...some, seen_at: null },
      },
    ];
    await route.fulfill({ response: answer, json: { ...told, flows } });
  });
  await page.goto(new URL(`/console/architecture`, page.url()).href);
  const drift = page.getByRole("region", { name: "Drift", exact: true }).last();
  const heads = drift.getByRole("heading", { level: 3 });
  await heads.getByText("Seen, not declared").waitFor();
  await heads.getByText("Declared, not seen for 7 days").waitFor();
  await drift.getByRole("button", { name: "http → transactions", exact: true }).waitFor();
  await drift.getByRole("button", { name: /transactions-stream → group stranger/ }).focus();
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => url.searchParams.get("selected") === "topic:transactions-stream");
  await page.locator("path.arch-flow.drifted").first().waitFor({ state: "attached" });
  await page.context().close();
});

test("given a scenario, then it is played, paused, stepped and broken by keys", given, async () => {
  const page = await open("?tab=simulator&scenario=user-updates-profile&speed=2");
  const current = page.locator('[aria-current="step"]');
  await current.getByText("Web app → API gateway").waitFor();
  await page.locator("h1").click();
  await page.keyboard.press("j");
  await current.getByText("API gateway → Authentication").waitFor();
  await page.keyboard.press("k");
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: /Pause/ }).waitFor();
  await page.waitForFunction(() => Number(new URLSearchParams(location.search).get("step")) > 2);
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: /Play/ }).waitFor();
  await page.getByRole("button", { name: /Kafka Connect with Debezium → Kafka broker/ }).click();
  const message = page.getByRole("region", { name: "Message" });
  await message.getByText('"UserId": "u-1042"').waitFor();
  await page.getByLabel("Break a component").selectOption("kafka-connect");
  const effects = page.getByRole("region", { name: "What if", exact: true });
  await effects.getByText(/records wait for Kafka Connect with Debezium/).waitFor();
  assert.match(await effects.innerText(), /Works on: \d+ parts of 32/);
  assert.match(
    await page.getByRole("list", { name: "Steps" }).innerText(),
    /waits[\s\S]*not reached/,
  );
  assert.equal(inUrl(page, "broken"), "kafka-connect");
  await accessible(page);
  await shot(page, "architecture-simulator");
  await page.reload();
  await effects.getByText(/records wait for/).waitFor();
});

test("given a real record, then its own way is walked with its true times", given, async () => {
  const query = "select prediction_id from risk_scores where trigger <> '' limit 1";
  const [{ prediction_id: id }] = JSON.parse(await beside("sql", query, "--json")) as {
    prediction_id: string;
  }[];
  const page = await open("?tab=simulator");
  await page.getByLabel("or a real record").fill(id);
  await page.keyboard.press("Enter");
  const steps = page.getByRole("list", { name: "Steps" });
  await steps.getByText(/→ predictions-stream/).waitFor();
  assert.match(await page.getByRole("region", { name: "Steps" }).innerText(), /measured/);
  assert.equal(inUrl(page, "event"), id);
  await page.getByLabel("or a real record").fill("nothing-of-the-kind");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  await accessible(page);
});
