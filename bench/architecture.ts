import type { Browser, BrowserContext } from "playwright-core";
import { failure } from "../src/errors.ts";
import { inConsole } from "./console.ts";
import { type Bench, measureUndisturbed } from "./context.ts";

const views = ["own", "platform", "both"] as const;

/** Notes in the page when the first component is drawn, and when the browser has painted it. */
const watch = `new MutationObserver((_, watcher) => {
  if (!document.querySelector("[data-part]")) return;
  watcher.disconnect();
  requestAnimationFrame(() => requestAnimationFrame(() => {
    window.drawnAt = performance.now();
  }));
}).observe(document, { childList: true, subtree: true });`;

type Seen = { drawn: number; chunk: number | null };

/** Opens the screen in a browser that has nothing of it yet. */
const open = async (browser: Browser, from: BrowserContext, url: string, view: string) => {
  const storageState = await from.storageState();
  const viewport = { width: 1_280, height: 800 };
  const context = await browser.newContext({ baseURL: url, viewport, storageState });
  try {
    const page = await context.newPage();
    await page.addInitScript(watch);
    await page.goto(`/console/architecture?part=${view}`);
    await page.waitForFunction(() => "drawnAt" in globalThis);
    const seen = (await page.evaluate(`(() => {
      const ends = (name) => performance.getEntriesByType("resource")
        .find((one) => name.test(one.name))?.responseEnd ?? null;
      return { drawn: window.drawnAt, chunk: ends(/\\/architecture-[^/]*\\.js/) };
    })()`)) as Seen;
    if (seen.chunk === null) throw failure("FAILED", "The chunk of the screen was not loaded");
    const components = await page.locator("[data-part]").count();
    const ms = (of: number) => Math.round(of * 10) / 10;
    return {
      open_ms: ms(seen.drawn),
      chunk_ms: ms(seen.chunk),
      after_chunk_ms: ms(seen.drawn - seen.chunk),
      components,
    };
  } finally {
    await context.close();
  }
};

/** How long the Architecture takes to open in a browser that has never shown it. */
export const measureArchitecture = (bench: Bench): Promise<void> =>
  inConsole(bench, {
    name: "architecture",
    work: async ({ url, browser, context }) => {
      await open(browser, context, url, "own");
      for (let round = 1; round <= bench.rounds; round++)
        for (const what of views) {
          const subject = { section: "architecture", what, who: "Bellwether", round } as const;
          await measureUndisturbed(bench, subject, () => open(browser, context, url, what));
        }
    },
  });
