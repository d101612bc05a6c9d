import type { Hop } from "../../../src/serve/messages/journey.ts";
import { duration } from "../../parts/time.tsx";

export const wholeMs = ({ waiting_ms, working_ms }: Hop): number =>
  (waiting_ms ?? 0) + (working_ms ?? 0);

/** waited 1.2 s, worked 40 ms; of what has no times nothing. */
export const spent = ({ waiting_ms: waiting, working_ms: working, parent }: Hop): string => {
  if (waiting === null || working === null) return "time not known";
  if (parent === null) return `on its way in ${duration(working)}`;
  return `waited ${duration(waiting)}, worked ${duration(working)}`;
};

/** Who wrote it, in which version. */
export const writer = ({ by, version }: Hop): string =>
  by === null ? "" : version === null ? by : `${by}, version ${version}`;

const spanMs = (hops: readonly Hop[]): number => {
  const times = hops.flatMap(({ began_at, append_at }) => [began_at, append_at]);
  const known = times.filter((time) => time !== null).map((time) => Date.parse(time));
  return known.length === 0 ? 0 : Math.max(...known) - Math.min(...known);
};

/** The whole way in a sentence: how long, what took longest, where it ended. */
export const summary = (hops: readonly Hop[]): string => {
  const main = hops.filter((hop) => hop.main);
  const slowest = hops.find((hop) => hop.slowest);
  const hopsWord = main.length === 1 ? "hop" : "hops";
  const whole = `${main.length} ${hopsWord} in ${duration(spanMs(main))}`;
  const most = slowest
    ? `; the slowest was “${slowest.says}” with ${duration(wholeMs(slowest))}`
    : "";
  return `${whole}${most}.`;
};
