import type { PanelValues } from "../../events/dashboard.ts";
import { isoTime } from "../../events/time.ts";
import type { PartLag } from "../../stream/lag.ts";

type Lag = PanelValues["lag"];
type GroupLag = Lag["groups"][number];
type Sample = { at: number; seconds: number; records: number };

const windowMs = 20_000;
/** Changes smaller than this share of the lag in the window are no trend. */
const noiseShare = 0.05;
/** A group that is this little behind keeps up. */
const nothingS = 1;

const byGroup = (parts: readonly PartLag[], bare: (group: string) => string): GroupLag[] => {
  const groups = new Map<string, GroupLag>();
  for (const { group, records, seconds } of parts) {
    const name = bare(group);
    const so = groups.get(name) ?? { group: name, seconds: 0, records: 0 };
    so.records += records;
    so.seconds = Math.max(so.seconds ?? 0, seconds);
    groups.set(name, so);
  }
  return [...groups.values()];
};

const furthest = (a: GroupLag, b: GroupLag): number =>
  (b.seconds ?? 0) - (a.seconds ?? 0) || b.records - a.records;

/** How far groups are behind, and where that is going: remembers the last seconds of each. */
export class LagCourse {
  readonly #samples = new Map<string, Sample[]>();

  /** `bare` takes a group's full name to the one that people know. */
  read(parts: readonly PartLag[], now: number, bare: (group: string) => string): Lag {
    const groups = byGroup(parts, bare).sort(furthest);
    for (const { group, seconds, records } of groups) {
      const samples = this.#samples.get(group) ?? [];
      samples.push({ at: now, seconds: seconds ?? 0, records });
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
  if (last.records === 0 || last.seconds < nothingS)
    return { trend: first.seconds - last.seconds >= nothingS ? "shrinking" : "steady", ...soon };
  const passedS = (last.at - first.at) / 1_000;
  if (passedS === 0) return { trend: "steady", caught_up_in_s: null };
  const perSecond = (last.records - first.records) / passedS;
  const noise = (noiseShare * Math.max(first.records, last.records)) / passedS;
  if (perSecond < -noise)
    return { trend: "shrinking", caught_up_in_s: Math.ceil(last.records / -perSecond) };
  // The same few records, ever older: nobody works on them.
  const isStuck = last.seconds - first.seconds > passedS / 2;
  return { trend: perSecond > noise || isStuck ? "growing" : "steady", caught_up_in_s: null };
};
const soon = { caught_up_in_s: 0 } as const;
