import type { DashboardUpdate, PanelName, PanelValues } from "../../events/dashboard.ts";
import { isoTime } from "../../events/time.ts";
import type { Overview } from "./fold.ts";
import { Rate } from "./rate.ts";

/** A figure that stands is said again this often, so that whoever comes later has it. */
const saidAgainMs = 10_000;
/** So are the entries of tickers: who comes later reads the last quarter of an hour. */
const tickersAgainMs = 10 * 60_000;

/** What only the outside knows: undefined where it could not be asked. */
export type Asked = {
  /** Totals of records that were taken in. */
  events: number | undefined;
};

const tenths = (value: number): number => Math.round(value * 10) / 10;
const sameId = "now";

/** The panels as they change: what to say of them now, whole entries each. */
export class Panels {
  readonly #overview: Overview;
  readonly #events = new Rate();
  readonly #predictions = new Rate();
  readonly #interventions = new Rate();
  readonly #said = new Map<PanelName, { text: string; at: number }>();
  #tickersAt = Number.NEGATIVE_INFINITY;
  /** Whether all customers' bands are there; before that, none are shown. */
  bandsKnown = false;

  constructor(overview: Overview) {
    this.#overview = overview;
  }

  /** What has changed since the last call: bands and tickers. */
  changed(now: number): DashboardUpdate[] {
    const { scores, decisions, alerts, customers } = this.#overview;
    if (now - this.#tickersAt >= tickersAgainMs) {
      this.#tickersAt = now;
      for (const ticker of [scores, decisions, alerts]) ticker.again();
    }
    const bands = {
      at: isoTime(now),
      customers: customers.customers(),
      today: customers.changesOn(now),
    };
    return [
      ...(this.bandsKnown ? this.stands("bands", now, bands) : []),
      ...scores.take().map((entry) => ({ panel: "scores" as const, ...entry })),
      ...decisions.take().map((entry) => ({ panel: "decisions" as const, ...entry })),
      ...alerts.take().map((entry) => ({ panel: "alerts" as const, ...entry })),
    ];
  }

  /** One entry for each second: how much, and how long it takes. */
  second(now: number, { events }: Asked): DashboardUpdate[] {
    const { predictions, interventions, predictionUs, interventionUs } = this.#overview;
    if (events !== undefined) this.#events.sample(now, events);
    this.#predictions.sample(now, predictions);
    this.#interventions.sample(now, interventions);
    const at = isoTime(now);
    const id = isoTime(now - (now % 1_000));
    const ms = (of: typeof predictionUs, q: number) => {
      const us = of.at(q, now);
      return us === null ? null : us / 1_000;
    };
    return [
      {
        panel: "throughput",
        id,
        value: {
          at,
          events_per_s: tenths(this.#events.perSecond()),
          predictions_per_s: tenths(this.#predictions.perSecond()),
          interventions_per_s: tenths(this.#interventions.perSecond()),
        },
      },
      {
        panel: "latency",
        id,
        value: {
          at,
          prediction_p50_ms: ms(predictionUs, 0.5),
          prediction_p99_ms: ms(predictionUs, 0.99),
          intervention_p50_ms: ms(interventionUs, 0.5),
          intervention_p99_ms: ms(interventionUs, 0.99),
        },
      },
    ];
  }

  /** A panel of one entry: nothing where it says what it said a moment ago. */
  stands<P extends "bands" | "dead_letters" | "attention">(
    panel: P,
    now: number,
    value: PanelValues[P],
  ): DashboardUpdate[] {
    const text = JSON.stringify({ ...value, at: null });
    const before = this.#said.get(panel);
    if (before?.text === text && now - before.at < saidAgainMs) return [];
    this.#said.set(panel, { text, at: now });
    return [{ panel, id: sameId, value } as DashboardUpdate];
  }
}
