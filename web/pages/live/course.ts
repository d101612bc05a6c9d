/** The last quarter of an hour. */
export const spanMs = 15 * 60_000;

export type Course = { at: number[]; values: (number | null)[][] };

type Timed = { value: { at: string } };

/**
 * Values over the last quarter of an hour, with a gap wherever nothing was told for a while: a
 * break is not drawn as if it had been measured.
 */
export const courseOf = <E extends Timed>(
  entries: readonly E[],
  gapMs: number,
  ...pick: ((value: E["value"]) => number | null)[]
): Course => {
  const course: Course = { at: [], values: pick.map(() => []) };
  const put = (at: number, value: E["value"] | null) => {
    course.at.push(at);
    for (const [n, of] of pick.entries()) course.values[n].push(value === null ? null : of(value));
  };
  const newest = entries.at(-1);
  if (newest === undefined) return course;
  const from = Date.parse(newest.value.at) - spanMs;
  let last = from;
  put(from, null);
  for (const { value } of entries) {
    const at = Date.parse(value.at);
    if (at <= last) continue;
    if (at - last > gapMs) put(last + 1, null);
    put(at, value);
    last = at;
  }
  return course;
};
