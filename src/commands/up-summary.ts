import type { Figures } from "../figures.ts";

/** What the terminal shows of a running space. */
export type Moment = {
  seconds: number;
  figures: Figures;
  /** Transactions per second since the last moment. */
  eventsPerSecond: number;
};

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const ms = (value: number | null | undefined): string =>
  value === null || value === undefined ? "–" : `${whole.format(value)} ms`;

const bandNames = ["CRITICAL", "HIGH", "MEDIUM", "LOW"];

const lagText = ({ live }: Figures): string =>
  live?.lag ? `${live.lag.seconds.toFixed(1)} s (${whole.format(live.lag.records)} records)` : "–";

const deadLettersOf = (figures: Figures): number => figures.live?.deadLetters ?? 0;

/** One line, for pipes and logs. */
export const summaryLine = ({ seconds, figures, eventsPerSecond }: Moment): string => {
  const { live } = figures;
  const bands = bandNames.map((band) => `${band} ${live?.bands[band] ?? 0}`).join(", ");
  return [
    `${Math.round(seconds)} s`,
    `${whole.format(eventsPerSecond)} events/s`,
    `end to end p50 ${ms(live?.interventionP50Ms)}, p99 ${ms(live?.interventionP99Ms)}`,
    `lag ${lagText(figures)}`,
    bands,
    `dead letters ${deadLettersOf(figures)}`,
  ].join(" · ");
};

/** A block of lines, for a terminal that is redrawn. */
export const summaryBlock = (moment: Moment, tries: readonly string[]): string[] => {
  const { seconds, figures, eventsPerSecond } = moment;
  const { live, source, processors } = figures;
  const assessed = processors["feature-processor"]?.records ?? 0;
  const told =
    source && !source.present ? `, telling history (${whole.format(source.events)})` : "";
  const statuses = Object.entries(live?.statuses ?? {})
    .map(([status, count]) => `${status} ${whole.format(count)}`)
    .join("   ");
  const bands = bandNames
    .map((band) => `${band} ${whole.format(live?.bands[band] ?? 0)}`)
    .join("   ");
  const latency = (p50: number | null | undefined, p99: number | null | undefined) =>
    `p50 ${ms(p50)}   p99 ${ms(p99)}`;
  return [
    "",
    `  Bellwether   up for ${whole.format(seconds)} s${told}`,
    "",
    `  events         ${whole.format(eventsPerSecond)}/s   (${whole.format(assessed)} so far)`,
    `  to prediction  ${latency(live?.predictionP50Ms, live?.predictionP99Ms)}`,
    `  to decision    ${latency(live?.interventionP50Ms, live?.interventionP99Ms)}`,
    `  lag            ${lagText(figures)}`,
    `  predictions    ${bands}`,
    `  decisions      ${statuses === "" ? "none yet" : statuses}`,
    `  dead letters   ${whole.format(deadLettersOf(figures))}`,
    `  newest         ${live?.newest ?? "–"}`,
    "",
    "  Try next, in another terminal:",
    ...tries.map((line) => `    ${line}`),
    "",
    "  Ctrl-C stops everything; the data stays.",
  ];
};
