import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../launch.ts";
import { type AtRisk, putAtRisk } from "./at-risk.ts";
import { accessible, browserMissing, consolePlace, pageOf, shot } from "./browser.ts";

const given = { skip: browserMissing };
const own = `FIND-${process.pid}`;
const people: AtRisk[] = [1, 2].map((n) => ({
  id: `${own}-${n}`,
  band: n === 1 ? "CRITICAL" : "MEDIUM",
  score: n === 1 ? 0.99 : 0.45,
  instalment: 10,
}));
const listed = async (query: string): Promise<string[]> => {
  const { url } = await consolePlace();
  const answer = (await (await fetch(`${url}/customers?${query}`)).json()) as {
    rows: { customer_id: string }[];
  };
  return answer.rows.map(({ customer_id }) => customer_id);
};
if (!browserMissing) {
  await putAtRisk(...people);
  await until("both are listed", async () => (await listed(`q=${own}&country=AT`)).length === 2);
}

test("given all customers, then by keys one is found and opened", given, async () => {
  const page = await pageOf("viewer", "/live");
  await page.getByRole("navigation", { name: "Screens" }).waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("c");
  await page.waitForURL(/\/customers$/);
  await page.locator("tbody tr").first().waitFor();
  await accessible(page);
  await shot(page, "customers");

  await page.keyboard.press("f");
  await page.keyboard.type(own);
  await page.waitForURL(new RegExp(`q=${own}`));
  await page.getByText("2 customers").waitFor();
  await page.getByLabel("How the id begins").blur();
  await page.keyboard.press("j");
  await page.waitForURL(new RegExp(`row=${own}-1`));
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(`/customers/${own}-1$`));
  await page.goBack();
  await page.getByText("2 customers").waitFor();
  await page.context().close();
});

test("given bands and circumstances, then a link shows the same", given, async () => {
  const page = await pageOf("viewer", `/customers?q=${own}`);
  await page.getByText("2 customers").waitFor();
  await page.getByRole("button", { name: /^Medium 1/ }).click();
  await page.waitForURL(/band=MEDIUM/);
  await page.getByText("1 customer", { exact: true }).waitFor();
  assert.equal(await page.locator("tbody tr").count(), 1);
  await page.getByRole("button", { name: /^Represented 1/ }).click();
  await page.waitForURL(/status=represented/);
  const url = page.url();
  await page.goto(url);
  await page.getByText("1 customer", { exact: true }).waitFor();
  await page.goto(`/console/customers?q=${own}&band=LOW`);
  await page.getByText("No customer is like this.").waitFor();
  await accessible(page);
  await page.getByRole("button", { name: "Show all" }).click();
  await page.waitForURL(/\/customers$/);
  await page.context().close();
});

test(
  "given the search anywhere, then it leads to a customer, a topic and a record",
  given,
  async () => {
    const page = await pageOf("viewer", "/queue");
    await page.getByRole("navigation", { name: "Screens" }).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type(`${own}-2`);
    await page.getByRole("option", { name: new RegExp(`${own}-2, Medium`) }).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(new RegExp(`/customers/${own}-2$`));
    await page.keyboard.press("/");
    await page.keyboard.type("case-decisions");
    await page.getByRole("option", { name: /case-decisions/ }).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("/");
    await page.keyboard.type("customer-updates-0-0");
    await page.getByRole("option", { name: /Record 0 of customer-updates/ }).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/journey\?event=customer-updates-0-0$/);
    await page.getByRole("heading", { level: 1, name: "Journey" }).waitFor();
    await page.context().close();
  },
);
