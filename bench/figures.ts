import type { Line, Measurement, Section } from "./results.ts";

/** Measurements of one thing: its value in each round in which it was measured. */
export type Rounds = ReadonlyMap<number, number>;

export type Ask = { section: Section; what: string; who: string; figure: string };

const isMeasurement = (line: Line): line is Measurement => line.kind === "measurement";

export const measurementsOf = (lines: readonly Line[], section: Section): Measurement[] =>
  lines.filter(isMeasurement).filter((line) => line.section === section);

export const roundsOf = (lines: readonly Line[], ask: Ask): Rounds => {
  const found = measurementsOf(lines, ask.section)
    .filter(({ what, who }) => what === ask.what && who === ask.who)
    .map(({ round, figures }) => [round, figures[ask.figure]] as const);
  return new Map(found.filter((pair): pair is [number, number] => typeof pair[1] === "number"));
};

/**
 * One value over another in each round that has both: rounds are minutes apart, and noise passes.
 */
export const ratios = (over: Rounds, under: Rounds): Rounds =>
  new Map(
    [...over].flatMap(([round, value]) => {
      const other = under.get(round);
      return other === undefined || other === 0 ? [] : [[round, value / other] as const];
    }),
  );

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};

/** Few digits: 34,232 or 45.1 or 0.554. */
export const short = (value: number): string => {
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString("en-US");
  return size >= 10 ? value.toFixed(1) : value.toFixed(2);
};

/** `median (least–most)`; a dash where nothing was measured. */
export const spread = (rounds: Rounds, unit = ""): string => {
  const values = [...rounds.values()];
  if (values.length === 0) return "–";
  const middle = `${short(median(values))}${unit}`;
  if (values.length === 1) return middle;
  return `${middle} (${short(Math.min(...values))}–${short(Math.max(...values))})`;
};
