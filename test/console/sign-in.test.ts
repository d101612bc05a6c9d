import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { accessible, beside, browserMissing, openWindow, pageOf, shot } from "./browser.ts";

const given = { skip: browserMissing };
const asked = "/console/customers/CUST-000001";

let made = 0;
/** Somebody with a password. */
const newUser = async (role: string) => {
  const name = `user-${process.pid}-${++made}`;
  const asking = ["users", "create", "--name", name, "--role", role, "--generate", "--json"];
  const { password } = JSON.parse(await beside(...asking)) as { password: string };
  return { name, password };
};

const linkFor = async (name: string, role: string): Promise<string> => {
  const printed = await beside("sign-in", "--name", name, "--role", role, "--json");
  return (JSON.parse(printed) as { url: string }).url;
};

const isOut = (page: Page) => page.getByRole("heading", { name: "Sign in", exact: true }).waitFor();
const whoami = (page: Page) => page.getByRole("button", { name: /^You are / });

test(
  "given nobody, when a name and password are typed, then what was asked for is shown",
  given,
  async () => {
    const { name, password } = await newUser("analyst");
    const window = await openWindow();
    const page = await window.newPage();
    await page.goto(asked);
    await isOut(page);
    // The first field has the focus: everything goes by keyboard.
    await page.keyboard.type(name);
    await page.keyboard.press("Tab");
    await page.keyboard.type("not the password");
    await page.keyboard.press("Enter");
    await page.getByText("There is nobody with this name and password.").waitFor();
    await accessible(page);
    await page.getByRole("textbox", { name: "Password" }).fill(password);
    await page.keyboard.press("Enter");
    await whoami(page).waitFor();
    assert.equal(new URL(page.url()).pathname, asked);
    const scripts = await page.evaluate("document.cookie");
    assert.equal(scripts, "", "no script can read the session");
    await window.close();
  },
);

test("given a link, then it signs in once, and says so when it is used again", given, async () => {
  const link = await linkFor(`linked-${process.pid}`, "viewer");
  const window = await openWindow();
  const page = await window.newPage();
  await page.goto(link);
  await whoami(page).waitFor();
  assert.doesNotMatch(page.url(), /code=/, "the code does not stay in the address");
  const other = await openWindow();
  const second = await other.newPage();
  await second.goto(link);
  await isOut(second);
  await second.getByText("This link was used before.").waitFor();
  await accessible(second);
  await shot(second, "sign-in");
  await window.close();
  await other.close();
});

const isFocused = (page: Page, text: string) =>
  page.waitForFunction(
    (wanted) => (document.activeElement as HTMLElement | null)?.innerText === wanted,
    text,
  );

test("given the menu, then by keyboard one sees who one is, and signs out", given, async () => {
  const page = await pageOf("lead", "/sessions");
  await whoami(page).focus();
  await page.keyboard.press("Enter");
  const menu = page.getByRole("menu");
  await menu.getByText(/lead, signed in until/).waitFor();
  await page.keyboard.press("d");
  await isFocused(page, "Dark");
  await page.keyboard.press("Enter");
  const theme = () => page.evaluate("document.documentElement.dataset.theme");
  assert.equal(await theme(), "dark");
  await page.keyboard.press("End");
  await isFocused(page, "Sign out");
  await page.keyboard.press("Enter");
  await isOut(page);
  const status = await page.evaluate("fetch('/session').then((answer) => answer.status)");
  assert.equal(status, 401);
  await page.context().close();
});

/** Notes, in order, with which codes a page's sockets close, and what the API refuses it. */
const noteEnds = async (page: Page): Promise<string[]> => {
  const ends: string[] = [];
  await page.exposeFunction("socketClosed", (code: number) => ends.push(`socket ${code}`));
  await page.addInitScript(`window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      this.addEventListener("close", ({ code }) => window.socketClosed(code));
    }
  }`);
  page.on("response", (answer) => {
    if (answer.status() === 401) ends.push(new URL(answer.url()).pathname);
  });
  return ends;
};

test(
  "given a session that an admin ends, then its page asks to sign in by itself",
  given,
  async () => {
    const name = `short-${process.pid}`;
    const window = await openWindow();
    const page = await window.newPage();
    await page.goto(await linkFor(name, "viewer"));
    await whoami(page).waitFor();
    await page.goto("/console/sessions");
    await page.getByRole("cell", { name: `${name} this browser` }).waitFor();
    // This screen asks nothing of its own accord: the socket alone can tell it.
    const ends = await noteEnds(page);
    await page.goto("/console/live");
    await page
      .getByRole("region", { name: "Needs a person" })
      .getByRole("listitem")
      .nth(4)
      .waitFor();
    const admin = await pageOf("admin", "/sessions");
    await admin.getByRole("button", { name: `End the session of ${name}` }).focus();
    await admin.keyboard.press("Enter");
    await admin.getByRole("dialog").getByRole("button", { name: "End it" }).click();
    await admin.getByText(`${name} is signed out there.`).waitFor();
    await accessible(admin);
    await shot(admin, "sessions");
    await isOut(page);
    assert.deepEqual(ends.slice(0, 2), ["socket 4401", "/session"], ends.join(", "));
    await window.close();
    await admin.context().close();
  },
);

test(
  "given a customer, when a reason is given, then personal data is shown and kept",
  given,
  async () => {
    const page = await pageOf("analyst", "/customers/CUST-000001");
    await page.getByRole("button", { name: "Show personal data" }).focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "Show personal data" });
    const show = dialog.getByRole("button", { name: "Show", exact: true });
    await dialog.getByLabel("Why do you need to see it?").fill("too short");
    assert.equal(await show.isDisabled(), true);
    const reason = `Called back about an order, ${process.pid}`;
    await dialog.getByLabel("Why do you need to see it?").fill(reason);
    await accessible(page);
    await shot(page, "unmask");
    await show.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Hide personal data" }).waitFor();
    const auditor = await pageOf("auditor", "/sessions");
    const kept = async () =>
      (await auditor.evaluate(
        "fetch('/access-log?what=unmasked').then((a) => a.text())",
      )) as string;
    // A sink copies the record to the table in its own time.
    while (!(await kept()).includes(reason));
    await auditor.goto("/console/access");
    const filter = auditor.getByRole("button", { name: "Looked at personal data" });
    await filter.focus();
    await auditor.keyboard.press("Enter");
    await auditor.getByText(reason).waitFor();
    assert.equal(new URL(auditor.url()).search, "?what=unmasked", "a link shows the same");
    await accessible(auditor);
    await shot(auditor, "access");
    await page.getByRole("button", { name: "Hide personal data" }).click();
    await page.getByRole("button", { name: "Show personal data" }).waitFor();
    await page.context().close();
    await auditor.context().close();
  },
);

test(
  "given a viewer, then what they may not do is not offered, and its URL says no",
  given,
  async () => {
    const page = await pageOf("viewer", "/customers/CUST-000001");
    await page.locator("h1").first().waitFor();
    assert.equal(await page.getByRole("button", { name: "Show personal data" }).count(), 0);
    const refused = (await page.evaluate("fetch('/access-log').then((a) => a.json())")) as object;
    assert.equal((refused as { code: string }).code, "KEY_ROLE_WRONG");
    await page.goto("/console/access");
    await page.getByText("The role viewer may not do this; it takes auditor.").waitFor();
    await page.context().close();
  },
);
