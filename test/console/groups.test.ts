import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, browserMissing, pageOf, shot } from "./browser.ts";

const given = { skip: browserMissing };

test("given the groups, then each is looked into by keyboard", given, async () => {
  const page = await pageOf("engineer", "/live");
  await page.locator("h1").first().waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("r");
  const list = page.getByRole("region", { name: "Consumer groups" }).first();
  await list.getByText("feature-processor-group").waitFor();
  await page.keyboard.press("j");
  await page.waitForURL(/group=feature-processor-group/);
  const parts = page.getByRole("region", { name: "Partitions of feature-processor-group" });
  await parts.getByText("transactions-stream").first().waitFor();
  await page
    .getByRole("region", { name: "Members" })
    .getByText("feature-processor-group-")
    .waitFor();
  await accessible(page);
  await shot(page, "groups");
  await page.reload();
  await parts.getByText("transactions-stream").first().waitFor();
  await page.keyboard.press("j");
  await page.waitForURL(/group=intervention-service-group/);
  await page.keyboard.press("k");
  await page.waitForURL(/group=feature-processor-group/);
  await page.context().close();
});

test("given a group at work, then a dry run says why it cannot be reset", given, async () => {
  const page = await pageOf("lead", "/groups?group=feature-processor-group");
  await page.getByRole("region", { name: "Members" }).waitFor();
  await page.keyboard.press("r");
  const dialog = page.getByRole("dialog");
  await dialog.getByText(/Move the offsets of feature-processor-group on \d+ partitions/).waitFor();
  await dialog.getByText("1 member would go on from where they are", { exact: false }).waitFor();
  await dialog.getByText("./bellwether up --without feature-processor").waitFor();
  const ask = dialog.getByRole("button", { name: "Ask a second person" });
  assert.equal(await ask.isDisabled(), true);
  // From the first choice to the second: skip what waits.
  await page.keyboard.press("ArrowDown");
  await dialog.getByText(/about 0 records read again/).waitFor();
  await accessible(page);
  await shot(page, "groups-reset");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await page.context().close();
});

test(
  "given a sink whose offsets lie in Postgres, then that is said, with the cure",
  given,
  async () => {
    const page = await pageOf("engineer", "/groups?group=transactions-sink-group");
    await page.getByRole("region", { name: "Members" }).waitFor();
    await page.keyboard.press("r");
    const dialog = page.getByRole("dialog");
    await dialog.getByText("are not Kafka's", { exact: false }).waitFor();
    await dialog.getByText("table sink_offsets", { exact: false }).waitFor();
    await page.context().close();
    const small = await pageOf("viewer", "/groups?group=archive-group", {
      theme: "dark",
      width: 768,
    });
    await small.getByText("reads by itself").waitFor();
    assert.equal(await small.getByRole("button", { name: /Move offsets/ }).isDisabled(), true);
    const wide = await small.evaluate("document.documentElement.scrollWidth");
    assert.ok(Number(wide) <= 768, `${wide} px wide`);
    await small.context().close();
  },
);
