import type { CauseAnswer } from "../../../src/serve/messages/dead-letters.ts";
import { count } from "../../parts/figures.tsx";
import { Time } from "../../parts/time.tsx";
import { reasonWords } from "./words.ts";

/** How many came when: one bar for each stretch of the span. */
const Bars = ({ series }: { series: readonly number[] }) => {
  const most = Math.max(1, ...series);
  const total = series.reduce((sum, n) => sum + n, 0);
  return (
    <svg
      className="letters-bars"
      viewBox={`0 0 ${series.length * 4} 20`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${count(total)} in this span`}
    >
      {series.map((n, at) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: a stretch of time is its place
          key={at}
          x={at * 4}
          width={3}
          y={n === 0 ? 19 : 20 - Math.max(2, (n / most) * 20)}
          height={n === 0 ? 1 : Math.max(2, (n / most) * 20)}
          className={n === 0 ? "none" : undefined}
        />
      ))}
    </svg>
  );
};

type CausesProps = {
  causes: readonly CauseAnswer[];
  selected: string;
  onSelect: (cause: string) => void;
};

/** Why records could not be used, by whom, and how many. */
export const Causes = ({ causes, selected, onSelect }: CausesProps) => (
  <ul className="letters-causes">
    {causes.map((one) => (
      <li key={one.cause}>
        <button
          type="button"
          className="letters-cause"
          aria-current={one.cause === selected ? "true" : undefined}
          onClick={() => onSelect(one.cause)}
        >
          <span className="letters-cause-name">
            <b>{reasonWords(one.reason)}</b>
            <span className="number">{count(one.records)}</span>
          </span>
          <span className="soft small letters-cause-name">
            <span className="letters-ellipsis">
              {one.topic} → {one.processor}
            </span>
          </span>
          <span className="soft small letters-cause-name">
            <span>
              first <Time at={one.first} />
            </span>
            <span>
              last <Time at={one.last} />
            </span>
          </span>
          <Bars series={one.series} />
        </button>
      </li>
    ))}
  </ul>
);
