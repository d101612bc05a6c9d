import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { absoluteTime } from "../parts/time.tsx";
import { useZone, type Zone } from "../parts/zone.ts";
import "./line.css";
import { stepOf } from "./steps.ts";

export type Series = {
  name: string;
  /** A custom property of the colours, such as `--accent`. */
  colour: string;
  values: readonly (number | null)[];
  fill?: boolean;
};

type LineProps = {
  /** What the chart shows, for people who do not see it. */
  label: string;
  /** Times in ms, rising. */
  at: readonly number[];
  series: readonly Series[];
  height: number;
  /** How a value reads, with its unit. */
  says: (value: number) => string;
  /** Without axes: only the course. */
  bare?: boolean;
};

const colourOf = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const dataOf = (at: readonly number[], series: readonly Series[]): uPlot.AlignedData => [
  at.map((ms) => ms / 1_000),
  ...series.map(({ values }) => [...values]),
];

const seriesOf = ({ name, colour, fill }: Series): uPlot.Series => ({
  label: name,
  stroke: () => colourOf(colour),
  width: 1.5,
  fill: fill ? () => `color-mix(in srgb, ${colourOf(colour)} 9%, transparent)` : undefined,
  points: { show: false },
  spanGaps: false,
});

const dayS = 86_400;

/** 25 Oct where the marks are days apart, else 10:30 or, within minutes, 10:30:05. */
const timesOf =
  (zone: Zone) =>
  (_: uPlot, ticks: number[]): string[] => {
    const step = (ticks[1] ?? ticks[0]) - ticks[0];
    const time: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit" };
    const options: Intl.DateTimeFormatOptions =
      step >= dayS
        ? { day: "numeric", month: "short" }
        : step % 60 === 0
          ? time
          : { ...time, second: "2-digit" };
    const timeZone = zone === "utc" ? "UTC" : undefined;
    const format = new Intl.DateTimeFormat("en-GB", { ...options, timeZone });
    return ticks.map((seconds) => format.format(seconds * 1_000));
  };

const axisOf = (bare: boolean, more: Partial<uPlot.Axis>): uPlot.Axis => ({
  show: !bare,
  stroke: () => colourOf("--faint"),
  font: "12px Inter Variable, system-ui, sans-serif",
  grid: { stroke: () => colourOf("--line"), width: 1 },
  ticks: { show: false },
  ...more,
});

const hourMs = 3_600_000;

/** The time of one point: with its day where the course is of days, its second where of minutes. */
const momentOf = (at: readonly number[], index: number, zone: Zone): string => {
  const span = (at.at(-1) ?? 0) - at[0];
  const format = new Intl.DateTimeFormat("en-GB", {
    ...(span > 24 * hourMs ? { day: "numeric", month: "short" } : {}),
    hour: "2-digit",
    minute: "2-digit",
    ...(span <= hourMs ? { second: "2-digit" } : {}),
    timeZone: zone === "utc" ? "UTC" : undefined,
  });
  return format.format(at[index]);
};

const valuesAt = ({ series, says }: Pick<LineProps, "series" | "says">, index: number): string =>
  series
    .map(({ name, values }) => {
      const value = values[index] ?? null;
      return `${name} ${value === null ? "unknown" : says(value)}`;
    })
    .join(" · ");

const awayPx = -10;

/** The chart in its place, and the point that the cursor is at; null while it is at none. */
const useChart = ({ at, series, height, says, bare = false }: LineProps, zone: Zone) => {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const shape = series.map(({ name, colour }) => `${name} ${colour}`).join("\n");
  const newest = useRef({ at, series, says });
  newest.current = { at, series, says };

  // biome-ignore lint/correctness/useExhaustiveDependencies: only another shape needs another chart
  useEffect(() => {
    const within = place.current;
    if (!within) return;
    const { at, series } = newest.current;
    const saying = (value: number) => newest.current.says(value);
    const options: uPlot.Options = {
      width: Math.max(1, within.clientWidth),
      height,
      legend: { show: false },
      cursor: { y: false, points: { size: 5 } },
      scales: { y: { range: (_, low, high) => [Math.min(0, low ?? 0), (high || 1) * 1.1] } },
      axes: [
        axisOf(bare, { size: 28, values: timesOf(zone) }),
        axisOf(bare, { size: 56, values: (_, ticks) => ticks.map(saying) }),
      ],
      series: [{}, ...series.map(seriesOf)],
      padding: bare ? [4, 0, 0, 0] : undefined,
      hooks: { setCursor: [({ cursor }) => setOver(cursor.idx ?? null)] },
      tzDate: (seconds) =>
        zone === "utc" ? uPlot.tzDate(new Date(seconds * 1e3), "UTC") : new Date(seconds * 1e3),
    };
    const drawn = new uPlot(options, dataOf(at, series), within);
    chart.current = drawn;
    const size = new ResizeObserver(() =>
      drawn.setSize({ width: Math.max(1, within.clientWidth), height }),
    );
    size.observe(within);
    const theme = new MutationObserver(() => drawn.redraw());
    theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      size.disconnect();
      theme.disconnect();
      drawn.destroy();
      chart.current = null;
    };
  }, [shape, height, bare, zone]);

  useEffect(() => {
    chart.current?.setData(dataOf(at, series));
  }, [at, series]);

  /** Told to the chart without its hook: it would name the nearest pixel's point, not this one. */
  const moveTo = (index: number | null): void => {
    const left = index === null ? awayPx : chart.current?.valToPos(at[index] / 1_000, "x");
    chart.current?.setCursor({ left: left ?? awayPx, top: 0 }, false);
    setOver(index);
  };
  return { place, over, moveTo };
};

/**
 * A course over time. Where a value is not known the line has a gap; zero is drawn as zero. What it
 * says under the pointer, or where the arrow keys have led, stands above it.
 */
export const Line = (props: LineProps) => {
  const { label, at, height } = props;
  const zone = useZone();
  const { place, over, moveTo } = useChart(props, zone);
  const last = at.length - 1;
  const index = Math.min(over ?? last, last);
  const onKey = (event: KeyboardEvent): void => {
    const step = stepOf(event.key);
    if (!step || last < 0) return;
    event.preventDefault();
    moveTo(Math.max(0, Math.min(last, step(index, last))));
  };
  const known = index >= 0;
  return (
    <div
      className="chart"
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={Math.max(0, last)}
      aria-valuenow={Math.max(0, index)}
      aria-valuetext={
        known
          ? `${valuesAt(props, index)}, ${absoluteTime(at[index], zone)}`
          : "Nothing is known yet"
      }
      onKeyDown={onKey}
      onBlur={() => moveTo(null)}
    >
      <div ref={place} aria-hidden="true" style={{ height }} />
      {over !== null && known && (
        <output className="chart-says">
          {momentOf(at, index, zone)} · {valuesAt(props, index)}
        </output>
      )}
    </div>
  );
};
