/**
 * When something that comes regularly is expected next: pay, a bill. From the days on which it came
 * so far, at least three; undefined when these show no rhythm.
 *
 * The wait is the longest usual one (a month has 28 to 31 days, and a payday is moved off a
 * weekend), so that whoever is as late as ever is not called late.
 */
export type Rhythm = {
  /** The day by which the next one is expected. */
  readonly expected: number;
  /** By how many days the last one came after it was expected; 0 if in time. */
  readonly lastLate: number;
};

/** Gaps may differ by this many days and still be of one rhythm. */
const swing = 4;
const shortestGap = 5;

const sorted = new Float64Array(8);

const medianGap = (day: (n: number) => number, gaps: number): number => {
  const some = sorted.subarray(0, gaps);
  for (let n = 0; n < gaps; n++) some[n] = day(n + 1) - day(n);
  some.sort();
  return some[(gaps - 1) >> 1];
};

/**
 * The longest usual wait before the nth, NaN if more than half of the waits before it are unusual.
 */
const usualWait = (day: (n: number) => number, count: number): number => {
  const gaps = count - 1;
  if (gaps < 2) return Number.NaN;
  const median = medianGap(day, gaps);
  if (median < shortestGap) return Number.NaN;
  let usual = 0;
  let longest = 0;
  for (let n = 0; n < gaps; n++) {
    const gap = day(n + 1) - day(n);
    if (Math.abs(gap - median) > swing) continue;
    usual++;
    longest = Math.max(longest, gap);
  }
  return 2 * usual >= gaps ? longest : Number.NaN;
};

/** `day(n)` is the day of the nth time it came, oldest first. */
export const rhythmOf = (day: (n: number) => number, count: number): Rhythm | undefined => {
  const wait = usualWait(day, count);
  if (Number.isNaN(wait)) return undefined;
  const before = usualWait(day, count - 1);
  const last = day(count - 1);
  const lastLate = Number.isNaN(before) ? 0 : Math.max(0, last - day(count - 2) - before);
  return { expected: last + wait, lastLate };
};
