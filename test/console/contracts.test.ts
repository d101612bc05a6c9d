import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { asyncApiFaults, openApiFaults } from "../../src/test-documents.ts";
import { accessible, browserMissing, pageOf, shot } from "./browser.ts";

const given = { skip: browserMissing };

test("given the keyboard, then a field is found and its contract is read", given, async () => {
  const page = await pageOf("viewer", "/contracts");
  const list = page.getByRole("region", { name: "Topics" });
  await list.getByRole("button", { name: /predictions-stream/ }).waitFor();
  await page.keyboard.press("f");
  await page.keyboard.type("profiling_objection");
  await page.waitForURL(/q=profiling_objection/);
  const found = list.getByRole("button");
  await list.getByRole("button", { name: /predictions-stream/ }).waitFor({ state: "detached" });
  assert.equal(await found.count(), 1);
  const fields = page.getByRole("region", { name: "Fields" });
  await fields.getByText("Whether the customer objects to being profiled").waitFor();
  await fields.locator("tr.found").getByText("profiling_objection").waitFor();
  await page.keyboard.press("Escape");
  await page.goto("/console/contracts");
  await list.getByRole("button", { name: /predictions-stream/ }).waitFor();
  await page.keyboard.press("j");
  await page.waitForURL(/\/contracts\/transactions-stream/);
  await page.getByRole("region", { name: "transactions-stream" }).waitFor();
  await page.keyboard.press("k");
  await page.waitForURL(/\/contracts\/transactions$/);
  await page.context().close();
});

test(
  "given a contract, then fields, marks, readers, versions and example are told",
  given,
  async () => {
    const page = await pageOf("viewer", "/contracts/customer-updates");
    const facts = page.getByRole("region", { name: "customer-updates" });
    await facts.getByText("Removes its key").waitFor();
    await facts.getByText("feature-processor", { exact: true }).waitFor();
    await facts.getByText("6 fields, masked wherever they are shown", { exact: false }).waitFor();
    const row = page.getByRole("row", { name: /^email/ });
    await row.getByText("personal, masked").waitFor();
    await page
      .getByRole("region", { name: "Versions" })
      .getByText(/the first/)
      .waitFor();
    const example = page.getByRole("region", { name: "Example", exact: true });
    assert.match(await example.innerText(), /"OBL-001"/);
    await accessible(page);
    await shot(page, "contracts");
    await page.context().close();
  },
);

test("given the documents, then what is downloaded keeps the official schemas", given, async () => {
  const page = await pageOf("viewer", "/contracts");
  const saved = async (name: string): Promise<unknown> => {
    const download = page.waitForEvent("download");
    const link = page.getByRole("link", { name });
    await link.focus();
    await page.keyboard.press("Enter");
    return JSON.parse(readFileSync(await (await download).path(), "utf8"));
  };
  assert.deepEqual(asyncApiFaults(await saved("AsyncAPI 3.0")), []);
  assert.deepEqual(openApiFaults(await saved("OpenAPI 3.1")), []);
  await page.context().close();
});

test("given a topic that is none, then that is said with the way back", given, async () => {
  const page = await pageOf("viewer", "/contracts/nothing");
  await page.getByRole("alert").getByText('No contract is known for "nothing".').waitFor();
  await page.context().close();
});

test("given words that no field has, then that is said", given, async () => {
  const page = await pageOf("viewer", "/contracts?q=quux");
  await page.getByText("No topic and no field fits “quux”.").waitFor();
  await page.context().close();
});
