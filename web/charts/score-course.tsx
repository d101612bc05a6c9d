import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react";
import { absoluteTime } from "../parts/time.tsx";
import { useZone, type Zone } from "../parts/zone.ts";
import { stepOf } from "./steps.ts";

export type CoursePoint = { id: string; at: number; score: number };
export type ChosenPoint = CoursePoint & { name: string };

type CourseProps = {
  label: string;
  from: number;
  to: number;
  /** The oldest first. */
  points: readonly CoursePoint[];
  /** The least score of each band, the lowest band first. */
  bands: readonly { name: string; colour: string; text: string; from: number }[];
  /** Where another version began: drawn below the axis. */
  marks: readonly { at: number; says: string }[];
  chosen: readonly ChosenPoint[];
  onChoose: (id: string) => void;
  onClear: () => void;
};

const height = 212;
const edge = { top: 22, right: 62, bottom: 36, left: 4 };
const inner = height - edge.top - edge.bottom;

const useWidth = () => {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const within = place.current;
    if (!within) return;
    const size = new ResizeObserver(() => setWidth(within.clientWidth));
    size.observe(within);
    return () => size.disconnect();
  }, []);
  return [place, width] as const;
};

/** Where in the list the point lies that is nearest to a time. */
const nearest = (points: readonly CoursePoint[], time: number): number => {
  let [low, high] = [0, points.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (points[middle].at <= time) low = middle;
    else high = middle;
  }
  const isLater = Math.abs(points[high].at - time) < Math.abs(points[low].at - time);
  return isLater ? high : low;
};

const dayText = (ms: number, zone: Zone): string =>
  new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    ...(zone === "utc" ? { timeZone: "UTC" } : {}),
  }).format(ms);

/** Steps: a score holds until the next one. */
const pathOf = (points: readonly CoursePoint[], x: (at: number) => number, y: Scale): string =>
  points
    .map(({ at, score }, n) =>
      n === 0 ? `M${x(at)},${y(score)}` : `H${x(at).toFixed(1)}V${y(score).toFixed(1)}`,
    )
    .join("");

type Scale = (value: number) => number;

const Bands = ({ bands, y, width }: Pick<CourseProps, "bands"> & { y: Scale; width: number }) =>
  bands.map(({ name, colour, text, from }, n) => {
    const top = y(bands[n + 1]?.from ?? 1);
    return (
      <g key={name}>
        <rect
          x={edge.left}
          y={top}
          width={Math.max(0, width - edge.left - edge.right)}
          height={y(from) - top}
          fill={`var(${colour})`}
        />
        <text
          x={width - edge.right + 8}
          y={(top + y(from)) / 2 + 4}
          fontSize="12"
          fill={`var(${text})`}
        >
          {name}
        </text>
      </g>
    );
  });

const Days = ({ from, to, x, zone }: { from: number; to: number; x: Scale; zone: Zone }) => {
  const anchors = ["start", "middle", "end"] as const;
  return [from, (from + to) / 2, to].map((at, n) => (
    <text
      key={anchors[n]}
      x={x(at)}
      y={height - edge.bottom + 15}
      fontSize="12"
      textAnchor={anchors[n]}
      fill="var(--soft)"
    >
      {dayText(at, zone)}
    </text>
  ));
};

const Marks = ({ marks, x }: Pick<CourseProps, "marks"> & { x: Scale }) =>
  marks.map(({ at, says }) => (
    <g key={`${at} ${says}`} data-mark={says}>
      <title>{says}</title>
      <line
        x1={x(at)}
        x2={x(at)}
        y1={edge.top}
        y2={height - edge.bottom + 20}
        stroke="var(--faint)"
        strokeDasharray="1 3"
      />
      <path
        d={`M${x(at) - 4},${height - 8}L${x(at)},${height - 16}L${x(at) + 4},${height - 8}Z`}
        fill="var(--soft)"
      />
    </g>
  ));

const Chosen = ({ point, x, y }: { point: ChosenPoint; x: Scale; y: Scale }) => (
  <g>
    <line
      x1={x(point.at)}
      x2={x(point.at)}
      y1={edge.top - 4}
      y2={height - edge.bottom}
      stroke="var(--soft)"
      strokeDasharray="2 3"
    />
    <text
      x={x(point.at)}
      y={edge.top - 8}
      fontSize="12"
      fontWeight="650"
      textAnchor="middle"
      fill="var(--ink)"
    >
      {point.name}
    </text>
    <circle
      cx={x(point.at)}
      cy={y(point.score)}
      r="4.5"
      fill="var(--panel)"
      stroke="var(--ink)"
      strokeWidth="1.5"
    />
  </g>
);

/**
 * The course of a score with its bands behind it. A point is chosen by a click or, with arrow keys
 * and Enter, by keyboard.
 */
export const ScoreCourse = (props: CourseProps) => {
  const { label, from, to, points, bands, marks, chosen, onChoose, onClear } = props;
  const [place, width] = useWidth();
  const [over, setOver] = useState<number | null>(null);
  const zone = useZone();
  const right = Math.max(edge.left + 1, width - edge.right);
  const x: Scale = (at) => edge.left + ((at - from) / Math.max(1, to - from)) * (right - edge.left);
  const y: Scale = (score) => edge.top + (1 - score) * inner;
  const last = points.length - 1;
  const at = Math.min(over ?? last, last);
  const point = points[at];
  const saying = point
    ? `${point.score.toFixed(2)}, ${absoluteTime(point.at, zone)}`
    : "There is no score in this time";

  const onKey = (event: KeyboardEvent): void => {
    const step = stepOf(event.key);
    if (step) setOver(Math.max(0, Math.min(last, step(at, last))));
    else if ((event.key === "Enter" || event.key === " ") && point) onChoose(point.id);
    else if (event.key === "Escape") onClear();
    else return;
    event.preventDefault();
  };
  const indexUnder = (event: PointerEvent): number => {
    const left = event.currentTarget.getBoundingClientRect().left;
    const share = (event.clientX - left - edge.left) / (right - edge.left);
    return nearest(points, from + share * (to - from));
  };
  return (
    <div
      ref={place}
      className="course"
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={1}
      aria-valuenow={point?.score ?? 0}
      aria-valuetext={saying}
      onKeyDown={onKey}
      onBlur={() => setOver(null)}
      onPointerMove={(event) => last >= 0 && setOver(indexUnder(event))}
      onPointerLeave={() => setOver(null)}
      onPointerUp={(event) => last >= 0 && onChoose(points[indexUnder(event)].id)}
      style={{ height }}
    >
      <svg width={width} height={height} aria-hidden="true">
        <Bands bands={bands} y={y} width={width} />
        <Days from={from} to={to} x={x} zone={zone} />
        <Marks marks={marks} x={x} />
        {points.length > 0 && (
          <path
            d={`${pathOf(points, x, y)}H${right}`}
            fill="none"
            stroke="var(--ink)"
            strokeWidth="1.6"
            strokeLinejoin="round"
          />
        )}
        {chosen.map((one) => (
          <Chosen key={one.name} point={one} x={x} y={y} />
        ))}
        {over !== null && point && (
          <circle cx={x(point.at)} cy={y(point.score)} r="3.5" fill="var(--accent)" />
        )}
      </svg>
      {over !== null && <output className="course-says">{saying}</output>}
    </div>
  );
};
