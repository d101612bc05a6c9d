import { type Ask, median, type Rounds, ratios, roundsOf, spread } from "./figures.ts";
import type { Line } from "./results.ts";
import { ours, oursFree, streams } from "./w1-rounds.ts";

/**
 * What the product is to reach. With a peer the bar is for ours over theirs, round by round;
 * without one it is for our figure itself.
 */
export type Bar = {
  says: string;
  ask: Ask;
  peer?: string;
  unit?: string;
  wants: string;
  reached?: (value: number) => boolean;
};

const atLeast = (least: number) => (value: number) => value >= least;
const below = (most: number) => (value: number) => value < most;
const atMost = (most: number) => (value: number) => value <= most;

const one = { section: "w1", what: "one core" } as const;
const two = { section: "w1", what: "two cores" } as const;

const throughput: Bar[] = [
  {
    says: "One core, both every 100 ms: events/s, start-up included",
    ask: { ...one, who: ours, figure: "events_per_s" },
    peer: streams,
    wants: "at least 1.5 times",
    reached: atLeast(1.5),
  },
  {
    says: "One core, both every 100 ms: steady events/s",
    ask: { ...one, who: ours, figure: "steady_events_per_s" },
    peer: streams,
    wants: "at least 1.25 times",
    reached: atLeast(1.25),
  },
  {
    says: "One core, both every 100 ms: CPU seconds",
    ask: { ...one, who: ours, figure: "cpu_s" },
    peer: streams,
    wants: "at most 0.65 times",
    reached: atMost(0.65),
  },
  {
    says: "One core, both every 100 ms: memory, MB",
    ask: { ...one, who: ours, figure: "max_rss_mb" },
    peer: streams,
    wants: "at most 1 times",
    reached: atMost(1),
  },
  {
    says: "One core, our own bounds: events/s, start-up included",
    ask: { ...one, who: oursFree, figure: "events_per_s" },
    peer: streams,
    wants: "aim: 2 times",
    reached: atLeast(2),
  },
  {
    says: "Two processes on two cores beside two threads, both every 100 ms: events/s",
    ask: { ...two, who: ours, figure: "events_per_s" },
    peer: streams,
    wants: "at least 1.7 times",
    reached: atLeast(1.7),
  },
  {
    says: "The same, our own bounds",
    ask: { ...two, who: oursFree, figure: "events_per_s" },
    peer: streams,
    wants: "reported",
  },
];

const waits: Bar[] = [2_000, 10_000].map((rate) => ({
  says: `W1 at ${rate.toLocaleString("en-US")} events/s: visible p99, ms`,
  ask: { section: "latency", what: `${rate}/s`, who: oursFree, figure: "visible_p99_ms" },
  peer: streams,
  wants: "at most 0.5 times",
  reached: atMost(0.5),
}));

const restarts: Bar[] = [ours, oursFree].map((who) => ({
  says:
    `kill -9 at half, ${who === ours ? "both every 100 ms" : "our own bounds"}: ` +
    "restart to caught up, s",
  ask: { section: "restart", what: "kill -9 at half", who, figure: "restart_to_caught_up_s" },
  peer: streams,
  wants: "less than theirs",
  reached: below(1),
}));

const line = { section: "line", who: "Bellwether" } as const;
const made = "100 trees of depth 4, drawn";
const scoring = { section: "scoring", who: "Bellwether" } as const;
const live = { section: "live", what: "200 consoles", who: "Bellwether" } as const;
const up = { section: "up", what: "from an empty folder", who: "Bellwether" } as const;

const own: Bar[] = [
  {
    says: "Transaction to intervention at 2,000 events/s: visible p99, ms",
    ask: { ...line, what: "2000/s", figure: "visible_p99_ms" },
    wants: "below 100",
    reached: below(100),
  },
  {
    says: "Assess alone, one core, one in five scored: steady events/s",
    ask: { ...line, what: "one in five scored", figure: "steady_events_per_s" },
    wants: "at least 15,000",
    reached: atLeast(15_000),
  },
  {
    says: "Assess alone, one core, all scored: steady events/s",
    ask: { ...line, what: "all scored", figure: "steady_events_per_s" },
    wants: "reported",
  },
  {
    says: "`POST /predict` at 200/s while the line runs: p99, ms",
    ask: { section: "predict", what: "200/s", who: "Bellwether", figure: "p99_ms" },
    wants: "below 20",
    reached: below(20),
  },
  {
    says: "200 consoles, 10 updates/s of each panel: newest value to console p99, ms",
    ask: { ...live, figure: "newest_p99_ms" },
    wants: "below 500",
    reached: below(500),
  },
  {
    says: "The same: messages of a panel to a console, per second",
    ask: { ...live, figure: "messages_per_panel_s" },
    wants: "at most 4",
    reached: atMost(4),
  },
  {
    says: "The same, consoles that take nothing in: buffered for one, kB",
    ask: { ...live, figure: "buffered_most_kb" },
    wants: "at most 1,000",
    reached: atMost(1_000),
  },
  ...(["own", "platform"] as const).map((what) => ({
    says: `Architecture (${what}) painted after its chunk arrived, ms`,
    ask: { section: "architecture", what, who: "Bellwether", figure: "after_chunk_ms" } as const,
    wants: "below 1,000",
    reached: below(1_000),
  })),
  {
    says: "Margin of one row, p50 µs",
    ask: { ...scoring, what: `${made}, margin`, figure: "p50" },
    wants: "below 5",
    reached: below(5),
  },
  {
    says: "Margin and contributions of one row, p50 µs",
    ask: { ...scoring, what: `${made}, margin and contributions`, figure: "p50" },
    wants: "below 50",
    reached: below(50),
  },
  {
    says: "The same, p99 µs",
    ask: { ...scoring, what: `${made}, margin and contributions`, figure: "p99" },
    wants: "below 200",
    reached: below(200),
  },
  {
    says: "A page of 10 million records, from any time: p99, ms",
    ask: { section: "topics", what: "from a time", who: "Bellwether", figure: "p99_ms" },
    wants: "below 500",
    reached: below(500),
  },
  {
    says: "`up`: first prediction, s",
    ask: { ...up, figure: "first_prediction_s" },
    wants: "below 20",
    reached: below(20),
  },
  {
    says: "`up`: console alive, s",
    ask: { ...up, figure: "console_alive_s" },
    wants: "below 20",
    reached: below(20),
  },
  {
    says: "`up`: memory of everything, MB",
    ask: { ...up, figure: "memory_pss_mb" },
    wants: "below 1,500",
    reached: below(1_500),
  },
];

export const bars: readonly Bar[] = [...throughput, ...waits, ...restarts, ...own];

export type Judgement = { ours: string; theirs: string; ratio: string; reached: string };

const verdict = (rounds: Rounds, { reached }: Bar): string => {
  if (rounds.size === 0) return "not measured";
  if (reached === undefined) return "–";
  return reached(median([...rounds.values()])) ? "yes" : "**no**";
};

/** A bar beside what was measured, in words; reached is judged by the median. */
export const judge = (lines: readonly Line[], bar: Bar): Judgement => {
  const mine = roundsOf(lines, bar.ask);
  if (bar.peer === undefined)
    return { ours: spread(mine), theirs: "", ratio: "", reached: verdict(mine, bar) };
  const other = roundsOf(lines, { ...bar.ask, who: bar.peer });
  const both = ratios(mine, other);
  return {
    ours: spread(mine),
    theirs: spread(other),
    ratio: spread(both),
    reached: verdict(both, bar),
  };
};
