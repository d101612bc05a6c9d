import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { consoleSettings } from "../../src/commands/test-console.ts";
import { root } from "../../src/config.ts";
import { findChromium } from "../../src/embedded/chromium.ts";
import { launch } from "../launch.ts";
import { atEnd, newFolder } from "../space.ts";

/**
 * A real Chromium on a running console. All tests of screens share one `up` with simulated people,
 * which the command `test` starts; a file that is run by itself starts its own.
 */
export const browserMissing: string | false = findChromium()
  ? false
  : "There is no Chromium here (Debian: apt-get install chromium).";

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--force-color-profile=srgb",
];

type Place = { url: string; folder: string };

const startOwn = async (): Promise<Place> => {
  const folder = newFolder();
  const up = launch(["up"], { DATA_FOLDER: folder, PORT: "0", ...consoleSettings });
  atEnd(() => up.stop("SIGTERM"));
  const [, url] = await up.says(/The API answers at (\S+)/);
  await up.says(/History told/);
  return { url, folder };
};

let place: Promise<Place> | undefined;
/** Where the console answers, and the data folder of its `up`. */
export const consolePlace = (): Promise<Place> => {
  const { BELLWETHER_CONSOLE_URL: url, BELLWETHER_CONSOLE_FOLDER: folder } = process.env;
  place ??= url && folder ? Promise.resolve({ url, folder }) : startOwn();
  return place;
};

/** Runs a command beside the running `up`; answers what it prints. */
export const beside = async (...args: string[]): Promise<string> => {
  const { folder, url } = await consolePlace();
  const asked = launch(args, { DATA_FOLDER: folder, PORT: new URL(url).port });
  const { code } = await asked.ended;
  assert.equal(code, 0, asked.err());
  return asked.out();
};

let browser: Promise<Browser> | undefined;
const openBrowser = (): Promise<Browser> => {
  browser ??= chromium.launch({ executablePath: findChromium(), args: flags }).then((opened) => {
    atEnd(() => opened.close());
    return opened;
  });
  return browser;
};

type Look = { theme?: "light" | "dark"; width?: number; height?: number; zone?: string };

/** A window of nobody who is signed in. */
export const openWindow = async (look: Look = {}): Promise<BrowserContext> => {
  const { url } = await consolePlace();
  const { theme = "light", width = 1_280, height = 800, zone = "UTC" } = look;
  const context = await (await openBrowser()).newContext({
    baseURL: url,
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: "reduce",
    timezoneId: zone,
    locale: "en-GB",
    permissions: ["clipboard-read", "clipboard-write"],
  });
  context.setDefaultTimeout(120_000);
  return context;
};

let people = 0;
/** A page of somebody who has just signed in with this role, at a path under /console. */
export const pageOf = async (role: string, path: string, look?: Look): Promise<Page> => {
  const name = `test-${role}-${process.pid}-${++people}`;
  const printed = await beside("sign-in", "--name", name, "--role", role, "--json");
  const context = await openWindow(look);
  const page = await context.newPage();
  await page.goto((JSON.parse(printed) as { url: string }).url);
  await page.waitForURL(/\/console\//);
  await page.goto(`/console${path}`);
  return page;
};

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
type Finding = { id: string; impact: string; help: string; nodes: { html: string }[] };

const findings = async (page: Page): Promise<string[]> => {
  const found = (await page.evaluate(
    `(async () => { ${axe}; return (await axe.run(document)).violations; })()`,
  )) as Finding[];
  return found
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).slice(0, 3)}`);
};

/** Asserts that axe finds nothing serious or critical on the page, in both themes. */
export const accessible = async (page: Page): Promise<void> => {
  for (const theme of ["dark", "light"] as const) {
    await page.emulateMedia({ colorScheme: theme });
    // The colours of the other theme may still be there until it has been drawn.
    await page.evaluate(
      "new Promise((d) => requestAnimationFrame(() => requestAnimationFrame(d)))",
    );
    assert.deepEqual(await findings(page), [], `in the ${theme} theme`);
  }
};

/**
 * Writes the picture that the docs show, where BELLWETHER_SCREENS is set; a test alone changes no
 * file of the repository.
 */
export const shot = async (page: Page, name: string): Promise<void> => {
  const folder = process.env.BELLWETHER_SCREENS;
  const picture = await page.screenshot({ animations: "disabled" });
  assert.ok(picture.length > 5_000, "the picture is empty");
  if (folder === undefined) return;
  mkdirSync(join(root, folder), { recursive: true });
  await page.screenshot({ path: join(root, folder, `${name}.png`), animations: "disabled" });
};
