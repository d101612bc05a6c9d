/** How far behind a group was, at a time in ms. */
export type Sample = { readonly at: number; readonly records: number };

export type Trend = {
  readonly trend: "growing" | "shrinking" | "steady" | null;
  readonly caught_up_in_s: number | null;
};

const overMs = 120_000;
const leastMs = 3_000;
/** Below these a lag only breathes: records in a second, and their share of the lag. */
const leastPerSecond = 0.5;
const leastShare = 0.002;

/**
 * Where a lag is going, from its slope over the last two minutes (least squares), and how long it
 * takes to vanish at that. Unknown until it was watched for a few seconds.
 */
export const trendOf = (samples: readonly Sample[]): Trend => {
  const last = samples.at(-1);
  if (last === undefined) return { trend: null, caught_up_in_s: null };
  const recent = samples.filter(({ at }) => at >= last.at - overMs);
  if (last.at - recent[0].at < leastMs) return { trend: null, caught_up_in_s: null };
  const slope = slopeOf(recent);
  const isSteady = Math.abs(slope) < Math.max(leastPerSecond, leastShare * last.records);
  if (last.records === 0) return { trend: isSteady ? "steady" : "shrinking", caught_up_in_s: 0 };
  if (isSteady) return { trend: "steady", caught_up_in_s: null };
  if (slope > 0) return { trend: "growing", caught_up_in_s: null };
  return { trend: "shrinking", caught_up_in_s: Math.round(last.records / -slope) };
};

/** Records in a second. */
const slopeOf = (samples: readonly Sample[]): number => {
  const mean = (of: (one: Sample) => number) =>
    samples.reduce((sum, one) => sum + of(one), 0) / samples.length;
  const [at, records] = [mean((one) => one.at), mean((one) => one.records)];
  const along = mean((one) => (one.at - at) * (one.records - records));
  const spread = mean((one) => (one.at - at) ** 2);
  return (along / spread) * 1_000;
};
