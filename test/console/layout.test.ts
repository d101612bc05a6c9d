import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page, Route } from "playwright-core";
import { until } from "../launch.ts";
import { browserMissing, pageOf } from "./browser.ts";

const given = { skip: browserMissing };
/** A fifth of what Web Vitals call good. */
const shiftMost = 0.02;
const screens = [
  "/live",
  "/queue",
  "/customers",
  "/stories",
  "/interventions",
  "/calls",
  "/approvals",
  "/access",
  "/topics",
  "/groups",
  "/dead-letters",
  "/contracts",
];

/** Kept by the page itself: what moved, how much, and from where to where. */
const watch = () => {
  const moved: { value: number; what: string[] }[] = [];
  const placeOf = ({ x, y, width, height }: DOMRectReadOnly) =>
    [x, y, width, height].map(Math.round).join(" ");
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as unknown as Shift[]) {
      if (entry.hadRecentInput) continue;
      const what = entry.sources.map(({ node, previousRect, currentRect }) => {
        const element = node instanceof Element ? node : node?.parentElement;
        const name = element ? `${element.tagName}.${element.className}` : "gone";
        return `${name}: ${placeOf(previousRect)} → ${placeOf(currentRect)}`;
      });
      moved.push({ value: entry.value, what });
    }
  }).observe({ type: "layout-shift", buffered: true });
  Object.assign(window, { moved });
};
type Shift = {
  value: number;
  hadRecentInput: boolean;
  sources: { node: Node | null; previousRect: DOMRectReadOnly; currentRect: DOMRectReadOnly }[];
};

/** Holds back what the server answers, and the font, until somebody lets them come. */
const holdBack = async (page: Page) => {
  let isOpen = false;
  const opened = () => until("the answers may come", () => isOpen);
  const late = async (route: Route) => {
    const kind = route.request().resourceType();
    const isSession = new URL(route.request().url()).pathname === "/session";
    if ((kind === "fetch" && !isSession) || kind === "font") await opened();
    await route.continue();
  };
  await page.route("**/*", late);
  await page.routeWebSocket(/\/live$/, async (socket) => {
    await opened();
    socket.connectToServer();
  });
  return () => {
    isOpen = true;
  };
};

for (const path of screens)
  test(`given answers that come late, then nothing moves on ${path}`, given, async () => {
    const page = await pageOf("admin", "/nowhere", { height: 1_200 });
    await page.addInitScript(watch);
    const open = await holdBack(page);
    await page.goto(`/console${path}`, { waitUntil: "commit" });
    await page.locator("h1").waitFor();
    await page.locator("[aria-busy=true]").first().waitFor();
    open();
    await until("all has come", async () => (await page.locator("[aria-busy=true]").count()) === 0);
    await page.waitForLoadState("networkidle");
    await page.waitForFunction(() => document.fonts.check("13px 'Inter Variable'"));
    await page.evaluate(
      "new Promise((d) => requestAnimationFrame(() => requestAnimationFrame(d)))",
    );
    const moved = (await page.evaluate("moved")) as { value: number; what: string[] }[];
    const sum = moved.reduce((all, { value }) => all + value, 0);
    const most = moved.sort((a, b) => b.value - a.value).slice(0, 4);
    assert.ok(sum < shiftMost, `${sum.toFixed(3)}: ${JSON.stringify(most, null, 1)}`);
    await page.context().close();
  });
