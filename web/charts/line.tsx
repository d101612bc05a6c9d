import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useZone, type Zone } from "../parts/zone.ts";

export type Series = {
  name: string;
  /** A custom property of the colours, such as `--accent`. */
  colour: string;
  values: readonly (number | null)[];
  fill?: boolean;
};

type LineProps = {
  /** Said to people who do not see the chart. */
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

const seriesOf = (
  { name, colour, fill }: Series,
  says: (value: number) => string,
): uPlot.Series => ({
  label: name,
  stroke: () => colourOf(colour),
  width: 1.5,
  fill: fill ? () => `color-mix(in srgb, ${colourOf(colour)} 9%, transparent)` : undefined,
  points: { show: false },
  spanGaps: false,
  value: (_, value) => (value === null ? "unknown" : says(value)),
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

/** A course over time. Where a value is not known the line has a gap; zero is drawn as zero. */
export const Line = ({ label, at, series, height, says, bare = false }: LineProps) => {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const zone = useZone();
  const shape = series.map(({ name, colour }) => `${name} ${colour}`).join("\n");
  const newest = useRef({ at, series, says });
  newest.current = { at, series, says };

  // biome-ignore lint/correctness/useExhaustiveDependencies: only another shape needs another chart
  useEffect(() => {
    const within = place.current;
    if (!within) return;
    const { at, series, says } = newest.current;
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
      series: [{}, ...series.map((one) => seriesOf(one, says))],
      padding: bare ? [4, 0, 0, 0] : undefined,
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

  return <div ref={place} role="img" aria-label={label} style={{ height, minWidth: 0 }} />;
};
