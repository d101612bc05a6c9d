import type pg from "pg";
import { allTopics } from "../events/topics.ts";
import { beginning } from "./customer-list.ts";
import type { FoundAnswer } from "./messages/search.ts";
import { readingTables } from "./vectors.ts";

type Found = FoundAnswer["found"][number];

const customersMost = 8;
const topicsMost = 5;
const queryMaxMs = 2_000;

/** $1 the whole text, $2 a pattern of what begins so. Every part is answered by an index. */
const searchText = `
  (select 'customer' as kind, customer_id as id, customer_id, risk_level as detail from cases
   where customer_id like $2 order by customer_id using ~<~ limit ${customersMost})
  union all
  (select 'score', prediction_id, customer_id, risk_level from risk_scores
   where prediction_id = $1)
  union all
  (select 'contact', intervention_id, customer_id, intervention_type from interventions
   where intervention_id = $1)
  union all
  (select 'contact not made', intervention_id, customer_id, intervention_type
   from suppressed_interventions where intervention_id = $1)
  union all
  (select 'decision', case_decision_id, customer_id, kind from case_decisions
   where case_decision_id = $1)
  union all
  (select distinct 'transaction', transaction_id, customer_id, null from transactions
   where transaction_id = $1 limit 3)
  union all
  (select 'notification', notification_id, customer_id, channel from notifications
   where notification_id = $1)
  union all
  (select 'outcome', outcome_id, customer_id, outcome from outcomes where outcome_id = $1)`;

type Row = { kind: string; id: string; customer_id: string | null; detail: string | null };

const bands: Readonly<Record<string, string>> = {
  LOW: "Low",
  MEDIUM: "Medium",
  HIGH: "High",
  CRITICAL: "Critical",
};

const journeyOf = (event: string): string => `/journey?event=${encodeURIComponent(event)}`;
/** What has no place on a customer's screen: its way across topics is shown. */
const onItsWay: ReadonlySet<string> = new Set(["notification", "outcome"]);

const foundOf = ({ kind, id, customer_id: whose, detail }: Row): Found => {
  const customer = `/customers/${encodeURIComponent(whose ?? "")}`;
  if (kind === "customer") {
    const band = bands[detail ?? ""];
    return { id, kind, says: band ? `${id}, ${band}` : id, path: customer };
  }
  const words = kind.slice(0, 1).toUpperCase() + kind.slice(1);
  const score = kind === "score" ? `${customer}?a=${encodeURIComponent(id)}` : customer;
  const path = onItsWay.has(kind) ? journeyOf(id) : score;
  return { id, kind, says: `${words} ${whose === null ? "to staff" : `of ${whose}`}`, path };
};

/** A record by its place: topic-partition-offset, also with the space before the topic's name. */
const recordsAt = (text: string): Found[] => {
  const [, full = "", partition, offset] = /^(.+)-(\d+)-(\d+)$/.exec(text) ?? [];
  return allTopics
    .filter(({ name }) => full === name || full.endsWith(`.${name}`))
    .filter(({ partitions }) => Number(partition) < partitions)
    .map(({ name }) => {
      const id = `${name}-${Number(partition)}-${Number(offset)}`;
      const says = `Record ${Number(offset)} of ${name}, partition ${Number(partition)}`;
      return { id, kind: "record", says, path: journeyOf(id) };
    });
};

/** An id that no table has may still be that of an event or of a trace. */
const traced = (text: string): Found[] => {
  const hex = text.toLowerCase().replaceAll("-", "");
  if (!/^[0-9a-f]{32}$/.test(hex)) return [];
  return [{ id: text, kind: "event", says: `The way of the event ${text}`, path: journeyOf(text) }];
};

const topicsNamed = (text: string): Found[] =>
  allTopics
    .filter(({ name }) => name.includes(text.toLowerCase()))
    .slice(0, topicsMost)
    .map(({ name, says }) => ({
      id: name,
      kind: "topic",
      says: `${name}: ${says}`,
      path: `/topics/${encodeURIComponent(name)}`,
    }));

/**
 * What a text leads to: customers by how their id begins, all else by its whole id, place or name.
 * Throws READ_MODEL_AWAY.
 */
export const search = async (pool: pg.Pool, text: string): Promise<FoundAnswer> => {
  const values = [text, beginning(text)];
  const question = { name: "search", text: searchText, values, query_timeout: queryMaxMs };
  const { rows } = await readingTables(() => pool.query<Row>(question));
  const known = [...rows.map(foundOf), ...recordsAt(text), ...topicsNamed(text)];
  return { found: known.length > 0 ? known : traced(text) };
};
