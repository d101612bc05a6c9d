import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import type { BrowserContext, Page } from "playwright-core";
import { failure } from "../src/errors.ts";
import { Quantiles } from "../src/rules/quantiles.ts";
import { Random } from "../src/rules/random.ts";
import { inConsole } from "./console.ts";
import { type Bench, measureUndisturbed } from "./context.ts";

/** One customer with a hundred thousand lines, among others who have their own. */
const customer = "BENCH-1";
const lines = { transactions: 60_000, scores: 25_000, steps: 15_000 };
const others = 40;
const pagesAsked = 1_000;
const pageLines = 100;
const scrollMaxMs = 300_000;

/** For customers $1 so many rows each, as $2 says. */
const fillSql: readonly (readonly [rows: number, text: string])[] = [
  [
    lines.transactions,
    `insert into transactions
     select c, 't-' || n, now() - n * interval '9 minutes', round((random() * 200)::numeric, 2),
       'USD', 'debit', 'groceries', 'pos', 'MERCHANT_' || n % 5000, n % 50 = 0, 'a', 500, true,
       null
     from unnest($1::text[], $2::integer[]) as who(c, size), generate_series(1, size) n`,
  ],
  [
    lines.scores,
    `insert into risk_scores
     select 'p-' || c || '-' || n, c, random(), 'HIGH', now() - n * interval '21 minutes',
       (select jsonb_agg(jsonb_build_object('feature', 'failed_txn_count_7d', 'value', 2,
         'contribution', 0.4, 'baseline', 0, 'peers', 0, 'code', 'PAYMENTS_FAILED',
         'reason', '2 payments failed in 7 days; usually 0')) from generate_series(1, 4)),
       case n % 40 when 0 then 'salary_late' else 'failed_transaction' end, 0.4, null, -1,
       (select jsonb_object_agg('feature_' || f, random()) from generate_series(1, 36) f),
       'delinquency-2', 'h', '2', 'scoring:delinquency:1', null
     from unnest($1::text[], $2::integer[]) as who(c, size), generate_series(1, size) n`,
  ],
  [
    lines.steps,
    `with told as (
       insert into suppressed_interventions (intervention_id, customer_id, intervention_type,
         channel, risk_level, risk_score, message, timestamp, status, suppressed_by,
         top_risk_factors)
       select 'i-' || c || '-' || n, c, 'proactive_support', 'sms', 'HIGH', 0.7, 'options',
         now() - n * interval '36 minutes', 'suppressed', 'step_already_taken', '[]'
       from unnest($1::text[], $2::integer[]) as who(c, size), generate_series(1, size) n
       returning *)
     insert into intervention_statuses (intervention_id, at, status, customer_id, suppressed_by)
     select intervention_id, timestamp, status, customer_id, suppressed_by from told`,
  ],
];

const fill = async (pool: pg.Pool, quick: boolean): Promise<void> => {
  const names = [customer, ...Array.from({ length: others }, (_, n) => `OTHER-${n}`)];
  for (const [rows, text] of fillSql) {
    const most = quick ? rows / 10 : rows;
    const sizes = names.map((_, n) => Math.ceil(n === 0 ? most : most / 50));
    await pool.query(text, [names, sizes]);
  }
  await pool.query("vacuum analyze");
};

type Asked = { next: string | null };
type Get = (path: string) => Promise<Asked>;

/** Every place at which a page may begin. */
const placesOf = async (get: Get): Promise<string[]> => {
  const places: string[] = [];
  let next: string | null = null;
  do {
    const before: string = next === null ? "" : `&before=${next}`;
    const page: Asked = await get(`/customers/${customer}/timeline?limit=500${before}`);
    next = page.next;
    if (next !== null) places.push(next);
  } while (next !== null);
  return places;
};

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return Math.round((performance.now() - began) * 10) / 10;
};

/** Pages at random places, one after the other, as one person asks for them. */
const askPages = async (bench: Bench, get: Get, places: readonly string[]) => {
  const times = new Quantiles();
  const random = new Random(1, 2, 3, 4);
  for (let n = 0; n < (bench.quick ? 100 : pagesAsked); n++) {
    bench.signal.throwIfAborted();
    const before = random.pick(places);
    const path = `/customers/${customer}/timeline?limit=${pageLines}&before=${before}`;
    times.record(Math.round((await timed(() => get(path))) * 1_000));
  }
  const ms = (q: number) => Math.round((times.at(q) ?? 0) / 10) / 100;
  return {
    lines: places.length * 500,
    page_p50_ms: ms(0.5),
    page_p99_ms: ms(0.99),
    page_max_ms: ms(1),
    first_page_ms: await timed(() => get(`/customers/${customer}/timeline`)),
    counts_ms: await timed(() => get(`/customers/${customer}/timeline/counts`)),
    course_ms: await timed(() => get(`/customers/${customer}/scores?from=1970-01-01`)),
  };
};

/** Scrolls by so many pixels a frame for a while; the times between frames in ms, in order. */
const scroll = (page: Page, pixels: number, ms: number): Promise<number[]> =>
  page.evaluate(`new Promise((resolve) => {
    const rows = document.querySelector(".timeline-rows");
    const times = [];
    const began = performance.now();
    let last = began;
    const step = (now) => {
      times.push(now - last);
      last = now;
      rows.scrollTop += ${pixels};
      if (now - began < ${ms}) requestAnimationFrame(step);
      else resolve(times.slice(1));
    };
    requestAnimationFrame(step);
  })`);

/** Goes to the end until every line has been fetched. */
const fetchAll = async (bench: Bench, page: Page, wanted: number): Promise<void> => {
  const rows = page.locator(".timeline-rows");
  const until = Date.now() + scrollMaxMs;
  const heightOf = () => rows.evaluate((one) => one.scrollHeight);
  for (;;) {
    bench.signal.throwIfAborted();
    const height = await rows.evaluate((one) => {
      one.scrollTop = one.scrollHeight;
      return one.scrollHeight;
    });
    if (height >= wanted * 46) return;
    while ((await heightOf()) === height) {
      if (Date.now() > until) throw failure("FAILED", `timeline: only ${height} px were fetched`);
      await delay(5);
    }
  }
};

const framesOf = (times: readonly number[]) => {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (q: number) => Math.round(sorted[Math.floor(q * (sorted.length - 1))] * 10) / 10;
  const late = times.filter((ms) => ms > 34).length;
  return { frames: times.length, p50: at(0.5), p99: at(0.99), late: late / times.length };
};

const askBrowser = async (bench: Bench, context: BrowserContext, all: number) => {
  const page = await context.newPage();
  await page.goto(`/console/customers/${customer}`);
  await page.locator(".line").nth(10).waitFor();
  const ms = bench.quick ? 3_000 : 15_000;
  const fetching = framesOf(await scroll(page, 40, ms));
  const fetchMs = await timed(() => fetchAll(bench, page, all));
  await page.locator(".timeline-rows").evaluate((rows) => {
    rows.scrollTop = 0;
  });
  const held = framesOf(await scroll(page, 40, ms));
  await page.close();
  return {
    fetch_all_s: Math.round(fetchMs / 100) / 10,
    frame_p50_ms: held.p50,
    frame_p99_ms: held.p99,
    frames_late_pct: Math.round(held.late * 10_000) / 100,
    fetching_frame_p99_ms: fetching.p99,
    fetching_frames_late_pct: Math.round(fetching.late * 10_000) / 100,
  };
};

const rounds = async (bench: Bench, url: string, context: BrowserContext): Promise<void> => {
  const cookies = await context.cookies();
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  const get = async (path: string): Promise<Asked> => {
    const response = await fetch(url + path, { headers: { cookie } });
    if (!response.ok) throw failure("FAILED", `${path} was answered with ${response.status}`);
    return (await response.json()) as Asked;
  };
  for (let round = 1; round <= bench.rounds; round++) {
    const subject = { section: "timeline", who: "Bellwether", round } as const;
    const places = await placesOf(get);
    const pages = { ...subject, what: "pages" };
    await measureUndisturbed(bench, pages, () => askPages(bench, get, places));
    const scrolling = { ...subject, what: "scrolling" };
    await measureUndisturbed(bench, scrolling, () =>
      askBrowser(bench, context, places.length * 500),
    );
  }
};

/** The timeline of a customer with 100,000 lines: how long a page takes, and how it scrolls. */
export const measureTimeline = (bench: Bench): Promise<void> =>
  inConsole(bench, {
    name: "timeline",
    fill: (pool) => fill(pool, bench.quick),
    work: ({ url, context }) => rounds(bench, url, context),
  });
