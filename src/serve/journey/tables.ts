import type pg from "pg";
import { readingTables } from "../vectors.ts";

/** What the tables know of an id: whose it is, what it names, and when that happened. */
export type Known = {
  readonly kind: keyof typeof topicOf;
  readonly customer_id: string;
  readonly at: Date;
};
/** The attempts to send a notification, for when each began and ended. */
export type Attempt = { readonly reserved_at: Date; readonly settled_at: Date | null };

type Fields = Readonly<Record<string, unknown>>;
const by = (field: string) => (fields: Fields) => fields[field];

/** On which topic a kind of thing travels, and what its record says its id is. */
export const topicOf = {
  transaction: { topic: "transactions-stream", idIn: by("transaction_id") },
  prediction: { topic: "predictions-stream", idIn: by("prediction_id") },
  intervention: { topic: "interventions-stream", idIn: by("intervention_id") },
  notification: { topic: "notifications", idIn: by("notification_id") },
  outcome: { topic: "outcomes", idIn: by("outcome_id") },
  "staff decision": { topic: "case-decisions", idIn: by("case_decision_id") },
  profile: {
    topic: "customer-updates",
    idIn: ({ customer_id, version }: Fields) => `${customer_id}@${Math.trunc(Number(version))}`,
  },
} as const;
/** A version of a profile: of whom, and which. */
const profileId = /^(.+)@(\d{1,15})$/;

const queryMaxMs = 3_000;

const knownSql = `
  select 'prediction' as kind, customer_id, score_date as at
    from risk_scores where prediction_id = $1
  union all
  select 'intervention', customer_id, timestamp from interventions where intervention_id = $1
  union all
  select 'intervention', customer_id, timestamp
    from suppressed_interventions where intervention_id = $1
  union all
  select 'notification', key, decided_at from notifications where notification_id = $1
  union all
  select 'transaction', customer_id, txn_time from transactions where transaction_id = $1
  union all
  select 'outcome', customer_id, timestamp from outcomes where outcome_id = $1
  union all
  select 'staff decision', customer_id, made_at from case_decisions where case_decision_id = $1
  union all
  select 'profile', customer_id, at from profile_versions where customer_id = $2 and version = $3
  limit 1`;

/** Throws READ_MODEL_AWAY. */
export const lookUp = async (pool: pg.Pool, id: string): Promise<Known | undefined> => {
  const [, customer = null, version = null] = profileId.exec(id) ?? [];
  const values = [id, customer, version];
  const question = { text: knownSql, values, query_timeout: queryMaxMs };
  const { rows } = await readingTables(() => pool.query<Known>(question));
  return rows[0];
};

/** The attempts of a notification, the first one first; none where the tables are away. */
export const attemptsOf = async (pool: pg.Pool, notification: string): Promise<Attempt[]> => {
  const question = {
    text: `select reserved_at, settled_at from notification_attempts
           where notification_id = $1 order by attempt`,
    values: [notification],
    query_timeout: queryMaxMs,
  };
  const { rows } = await pool.query<Attempt>(question).catch(() => ({ rows: [] }));
  return rows;
};
