import { useMemo } from "react";
import { Link } from "wouter";
import type { PanelValues } from "../../../src/serve/messages/live.ts";
import { Line } from "../../charts/line.tsx";
import type { LiveEntry } from "../../live/use-live.ts";
import { useLive } from "../../live/use-live.ts";
import { useHeld, useHover } from "../../live/use-paused.ts";
import { count } from "../../parts/figures.tsx";
import { Panel } from "../../parts/panel.tsx";
import { usePausedAt } from "../../parts/pause.ts";
import { duration } from "../../parts/time.tsx";
import { courseOf } from "./course.ts";

const height = 92;
/** Figures come every second, of lag every two; after so long without one there is a gap. */
const gapMs = 5_000;
const lagGapMs = 12_000;

type Shown<P extends "throughput" | "latency" | "lag"> = readonly LiveEntry<P>[];
type FigureProps = { value: string | null; unit: string; aside: React.ReactNode };

/** Fewer than ten are worth a decimal: a quiet space is not a dead one. */
export const rate = (value: number): string => count(value, value < 10 && value > 0 ? 1 : 0);

const Figure = ({ value, unit, aside }: FigureProps) => (
  <div className="live-figure">
    <span>
      {value === null ? (
        <span className="unknown live-big">unknown</span>
      ) : (
        <>
          <b className="live-big">{value}</b> <span className="soft">{unit}</span>
        </>
      )}
    </span>
    <span className="soft">{aside}</span>
  </div>
);

const Events = ({ entries }: { entries: Shown<"throughput"> }) => {
  const { at, values } = useMemo(() => courseOf(entries, gapMs, (v) => v.events_per_s), [entries]);
  const newest = entries.at(-1)?.value;
  const peak = Math.max(0, ...values[0].map((value) => value ?? 0));
  return (
    <Panel title="Events" bare className="live-chart">
      <Figure
        value={newest ? rate(newest.events_per_s) : null}
        unit="per second"
        aside={newest && `peak ${rate(peak)}`}
      />
      <Line
        label={`Events per second over the last 15 minutes, at most ${rate(peak)}`}
        at={at}
        series={[{ name: "Events per second", colour: "--accent", values: values[0], fill: true }]}
        height={height}
        says={rate}
        bare
      />
    </Panel>
  );
};

const Latency = ({ entries }: { entries: Shown<"latency"> }) => {
  const { at, values } = useMemo(
    () =>
      courseOf(
        entries,
        gapMs,
        (v) => v.intervention_p99_ms,
        (v) => v.intervention_p50_ms,
      ),
    [entries],
  );
  const newest = entries.at(-1)?.value;
  const [p50, p99] = [newest?.intervention_p50_ms ?? null, newest?.intervention_p99_ms ?? null];
  const [value, unit] = p99 === null ? [null, ""] : duration(p99).split(" ");
  return (
    <Panel title="Transaction to decision, p99" bare className="live-chart">
      <Figure
        value={value}
        unit={unit}
        aside={p50 === null ? newest && "no decision in 2 minutes" : `p50 ${duration(p50)}`}
      />
      <Line
        label="Time from a transaction to the decision over the last 15 minutes"
        at={at}
        series={[
          { name: "p99", colour: "--lowering", values: values[0], fill: true },
          { name: "p50", colour: "--faint", values: values[1] },
        ]}
        height={height}
        says={duration}
        bare
      />
    </Panel>
  );
};

const whither = ({ trend, caught_up_in_s }: PanelValues["lag"]): string => {
  if (trend === "steady") return caught_up_in_s === 0 ? "keeps up" : "steady";
  if (trend === "growing") return "growing ↗";
  return caught_up_in_s
    ? `shrinking ↘ caught up in ${duration(caught_up_in_s * 1_000)}`
    : "shrinking ↘";
};

const Behind = ({ entries }: { entries: Shown<"lag"> }) => {
  const { at, values } = useMemo(() => courseOf(entries, lagGapMs, (v) => v.seconds), [entries]);
  const newest = entries.at(-1)?.value;
  const seconds = newest?.seconds ?? null;
  const [value, unit] = seconds === null ? [null, ""] : duration(seconds * 1_000).split(" ");
  const [worst] = newest?.groups ?? [];
  return (
    <Panel
      title="Behind by"
      aside={
        worst && worst.records > 0 ? (
          <Link href="/groups" title={`${count(worst.records)} records`}>
            {worst.group}
          </Link>
        ) : undefined
      }
      bare
      className="live-chart"
    >
      <Figure value={value} unit={unit} aside={newest && whither(newest)} />
      <Line
        label="How many seconds the slowest group was behind over the last 15 minutes"
        at={at}
        series={[{ name: "Behind by", colour: "--good", values: values[0], fill: true }]}
        height={height}
        says={(s) => duration(s * 1_000)}
        bare
      />
    </Panel>
  );
};

/** How much, how fast, how far behind, over the last quarter of an hour. */
export const Charts = () => {
  const [over, within] = useHover();
  const held = usePausedAt() !== null || over;
  const throughput = useHeld(useLive("throughput").entries, held).entries;
  const latency = useHeld(useLive("latency").entries, held).entries;
  const lag = useHeld(useLive("lag").entries, held).entries;
  return (
    <div className="live-charts" {...within}>
      <Events entries={throughput} />
      <Latency entries={latency} />
      <Behind entries={lag} />
    </div>
  );
};
