import Type, { type Static } from "typebox";

/**
 * What the console's socket says, both ways. A panel is a list of entries, each known by its id; an
 * entry sent again takes the place of the one before it. `seq` rises with every update of a panel:
 * who comes back names the last one it has, and is sent what it lacks, or all of it with `reset`.
 */
export const panelNames = [
  "throughput",
  "latency",
  "lag",
  "bands",
  "dead_letters",
  "scores",
  "decisions",
  "alerts",
  "attention",
] as const;
export type PanelName = (typeof panelNames)[number];

const panel = Type.Unsafe<PanelName>({ type: "string", enum: [...panelNames] });

export const fromClient = Type.Union([
  Type.Object(
    {
      type: Type.Literal("subscribe"),
      panel,
      after: Type.Optional(Type.Integer({ minimum: 0 })),
    },
    { additionalProperties: false },
  ),
  Type.Object({ type: Type.Literal("unsubscribe"), panel }, { additionalProperties: false }),
]);
export type FromClient = Static<typeof fromClient>;

export type Entry = { id: string; value: PanelValues[PanelName] };
export type FromServer =
  | { type: "update"; panel: PanelName; seq: number; reset: boolean; entries: Entry[] }
  | { type: "refused"; code: string; error: string; cure: string | null };

type OrNull<T> = T | null;

/** What an entry of each panel holds. Times are ISO 8601 in UTC; an unknown figure is null. */
export type PanelValues = {
  /** One entry per second. */
  throughput: {
    at: string;
    events_per_s: number;
    predictions_per_s: number;
    interventions_per_s: number;
  };
  latency: {
    at: string;
    prediction_p50_ms: OrNull<number>;
    prediction_p99_ms: OrNull<number>;
    intervention_p50_ms: OrNull<number>;
    intervention_p99_ms: OrNull<number>;
  };
  lag: {
    at: string;
    /** Of the group that is furthest behind. */
    seconds: OrNull<number>;
    records: OrNull<number>;
    trend: "growing" | "shrinking" | "steady";
    caught_up_in_s: OrNull<number>;
    groups: { group: string; seconds: OrNull<number>; records: number }[];
  };
  /** One entry: customers by their newest band, and how that changed since midnight UTC. */
  bands: { at: string; customers: Record<string, number>; today: Record<string, number> };
  /** One entry: how many there are, and by reason. */
  dead_letters: { at: string; total: number; reasons: Record<string, number> };
  scores: {
    at: string;
    prediction_id: string;
    customer_id: string;
    risk_level: string;
    risk_score: number;
    previous_score: OrNull<number>;
    trigger: string;
    reason: OrNull<string>;
  };
  /** One entry for each intervention, with the status that it has now. */
  decisions: {
    at: string;
    intervention_id: string;
    customer_id: string;
    risk_level: string;
    intervention_type: string;
    channel: OrNull<string>;
    status: string;
    why: string;
    not_before: OrNull<string>;
  };
  alerts: {
    at: string;
    alert_id: string;
    kind: string;
    customer_id: OrNull<string>;
    risk_score: OrNull<number>;
    says: string;
  };
  /** One entry: how many things wait for a person, by screen. */
  attention: {
    at: string;
    queue: number;
    calls: number;
    unknown_sends: number;
    dead_letters: number;
    approvals: number;
  };
};
