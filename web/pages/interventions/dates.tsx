import type { Chosen } from "./use-chosen.ts";

const dayMs = 86_400_000;
const dayOf = (time: string | undefined, lessMs = 0): string => {
  const ms = Date.parse(time ?? "") - lessMs;
  return Number.isNaN(ms) ? "" : new Date(ms).toISOString().slice(0, 10);
};
/** The end of a day that was named as the last one. */
const after = (day: string): string =>
  day === "" ? "" : new Date(Date.parse(day) + dayMs).toISOString().slice(0, 10);

type DatesProps = { chosen: Chosen; choose: (changes: Chosen) => void };

/** The first and the last day of the span, in UTC; empty: without an end. */
export const Dates = ({ chosen, choose }: DatesProps) => (
  <span className="acts decisions-dates">
    <label>
      <span className="soft small">from </span>
      <input
        type="date"
        aria-label="First day, UTC"
        value={dayOf(chosen.from)}
        onChange={({ target }) => choose({ from: target.value, days: "" })}
      />
    </label>
    <label>
      <span className="soft small">to </span>
      <input
        type="date"
        aria-label="Last day, UTC"
        value={dayOf(chosen.to, dayMs)}
        onChange={({ target }) => choose({ to: after(target.value) })}
      />
    </label>
  </span>
);
