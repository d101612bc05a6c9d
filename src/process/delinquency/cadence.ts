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

/** The middle one of the first `gaps` waits, of an even number the lower. */
export const medianGap = (day: (n: number) => number, gaps: number): number => {
  for (let n = 0; n < gaps; n++) {
    const gap = day(n + 1) - day(n);
    let place = n;
    for (; place > 0 && sorted[place - 1] > gap; place--) sorted[place] = sorted[place - 1];
    sorted[place] = gap;
  }
  return sorted[(gaps - 1) >> 1];
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

/** By how many days the nth came later than those before it had let expect; NaN: not known. */
export const lateAt = (day: (n: number) => number, n: number): number =>
  Math.max(0, day(n) - day(n - 1) - usualWait(day, n));

/** `day(n)` is the day of the nth time it came, oldest first. */
export const rhythmOf = (day: (n: number) => number, count: number): Rhythm | undefined => {
  const wait = usualWait(day, count);
  if (Number.isNaN(wait)) return undefined;
  const late = lateAt(day, count - 1);
  return { expected: day(count - 1) + wait, lastLate: Number.isNaN(late) ? 0 : late };
};
