import type { PanelValues } from "../../events/dashboard.ts";
import { isoTime } from "../../events/time.ts";
import { oldestOf, type PartLag } from "../../stream/lag.ts";

type Lag = PanelValues["lag"];
type GroupLag = Lag["groups"][number];
type Sample = { at: number; seconds: number | null; records: number };

const windowMs = 20_000;
/** Changes smaller than this share of the lag in the window are no trend. */
const noiseShare = 0.05;
/** A group that is this little behind keeps up. */
const nothingS = 1;

const byGroup = (parts: readonly PartLag[], bare: (group: string) => string): GroupLag[] =>
  [...Map.groupBy(parts, ({ group }) => bare(group))].map(([group, own]) => ({
    group,
    seconds: oldestOf(own),
    records: own.reduce((sum, { records }) => sum + records, 0),
  }));

/** Who is behind by nobody knows how long comes first: that may be the longest. */
const age = ({ seconds }: GroupLag): number => seconds ?? Number.POSITIVE_INFINITY;
const furthest = (a: GroupLag, b: GroupLag): number => age(b) - age(a) || b.records - a.records;

/** How far groups are behind, and where that is going: remembers the last seconds of each. */
export class LagCourse {
  readonly #samples = new Map<string, Sample[]>();

  /** `bare` takes a group's full name to the one that people know. */
  read(parts: readonly PartLag[], now: number, bare: (group: string) => string): Lag {
    const groups = byGroup(parts, bare).sort(furthest);
    for (const { group, seconds, records } of groups) {
      const samples = this.#samples.get(group) ?? [];
      samples.push({ at: now, seconds, records });
      while (samples.length > 2 && samples[1].at <= now - windowMs) samples.shift();
      this.#samples.set(group, samples);
    }
    const at = isoTime(now);
    const [worst] = groups;
    if (worst === undefined)
      return { at, seconds: null, records: null, trend: "steady", caught_up_in_s: null, groups };
    const { seconds, records } = worst;
    return { at, seconds, records, ...courseOf(this.#samples.get(worst.group) ?? []), groups };
  }
}

const courseOf = (samples: readonly Sample[]): Pick<Lag, "trend" | "caught_up_in_s"> => {
  const first = samples[0];
  const last = samples[samples.length - 1];
  const agedS =
    first.seconds === null || last.seconds === null ? null : last.seconds - first.seconds;
  if (last.records === 0 || (last.seconds !== null && last.seconds < nothingS)) {
    const isLess = agedS !== null && agedS <= -nothingS;
    return { trend: isLess ? "shrinking" : "steady", caught_up_in_s: 0 };
  }
  const passedS = (last.at - first.at) / 1_000;
  if (passedS === 0) return { trend: "steady", caught_up_in_s: null };
  const perSecond = (last.records - first.records) / passedS;
  const noise = (noiseShare * Math.max(first.records, last.records)) / passedS;
  if (perSecond < -noise)
    return { trend: "shrinking", caught_up_in_s: Math.ceil(last.records / -perSecond) };
  // The same few records, ever older: nobody works on them.
  const isStuck = agedS !== null && agedS > passedS / 2;
  return { trend: perSecond > noise || isStuck ? "growing" : "steady", caught_up_in_s: null };
};
