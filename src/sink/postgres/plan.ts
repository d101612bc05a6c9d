import { admit } from "../../stream/admit.ts";
import { partKey, type Received } from "../../stream/reader.ts";
import { inSpace } from "../../stream/space.ts";
import type { DeadReason } from "../../stream/topic.ts";
import type { Inserter, Placed } from "./insert.ts";
import { type Arrival, Gone, type Row, type Source } from "./table.ts";

/** One table along one partition. `next` is the first offset that it has not written. */
export type Lane = {
  readonly inserter: Inserter;
  readonly source: Source;
  readonly topic: string;
  readonly partition: number;
  next: number;
};

/** A record that has no row because it cannot be used. */
export type Fault = {
  topic: string;
  place: string;
  appendTime: number;
  reason: DeadReason | "mapping_failed" | `value_refused_${string}`;
};

/** What a batch asks of Postgres, in the order in which it is to be done. */
export type Plan = {
  /** Where each lane stands afterwards. */
  ends: Map<Lane, number>;
  /** Customers whose rows go, before any of `rows` comes; and when Kafka took the tombstone, ms. */
  erased: Map<string, number>;
  rows: Map<Inserter, Placed[]>;
  faults: Fault[];
  /** Topics with records that every lane had already passed. */
  passed: Set<string>;
};

const arrivalOf = (record: Received, space: string): Arrival => {
  const { topic, partition, offset } = record;
  const place = partKey(partKey(inSpace(space, topic.name), partition), offset);
  const { header, headers, appendTime } = record;
  return { place, origin: header?.origin ?? place, header, headers, appendTime };
};

type Limits = { space: string; recordMaxBytes: number };

/**
 * Sorts a batch into rows by table. Records that a lane has passed already are left out for it, so
 * that a batch may come again, in part or as a whole.
 */
export const planOf = (
  batch: readonly Received[],
  lanesOf: (record: Received) => readonly Lane[],
  { space, recordMaxBytes }: Limits,
): Plan => {
  const plan: Plan = {
    ends: new Map(),
    erased: new Map(),
    rows: new Map(),
    faults: [],
    passed: new Set(),
  };
  for (const record of batch) {
    const lanes = lanesOf(record).filter((lane) => record.offset >= lane.next);
    if (lanes.length === 0) plan.passed.add(record.topic.name);
    else sortIn(plan, record, lanes, arrivalOf(record, space), recordMaxBytes);
  }
  return plan;
};

const sortIn = (
  plan: Plan,
  record: Received,
  lanes: Lane[],
  arrival: Arrival,
  recordMaxBytes: number,
): void => {
  for (const lane of lanes) plan.ends.set(lane, record.offset + 1);
  const readers = lanes.filter((lane) => lane.source.takes !== "anything");
  for (const lane of lanes)
    if (lane.source.takes === "anything") add(plan, lane, undefined, record, arrival);
  if (readers.length === 0) return;
  const admission = admit(record.topic, record, recordMaxBytes);
  if (admission.reason !== undefined) {
    fault(plan, record, arrival, admission.reason);
    return;
  }
  for (const lane of readers) {
    if (admission.value !== null) add(plan, lane, admission.value, record, arrival);
    else if (lane.source.takes === "erasures")
      erase(plan, record.key as string, arrival.appendTime);
  }
};

const fault = (plan: Plan, record: Received, arrival: Arrival, reason: Fault["reason"]): void => {
  const { place, appendTime } = arrival;
  plan.faults.push({ topic: record.topic.name, place, appendTime, reason });
};

const add = (plan: Plan, lane: Lane, value: unknown, record: Received, arrival: Arrival): void => {
  let row: Row | Gone | undefined;
  try {
    row = lane.source.row(value as never, arrival);
  } catch {
    fault(plan, record, arrival, "mapping_failed");
    return;
  }
  if (row === undefined) return;
  const { place, appendTime } = arrival;
  const placed: Placed =
    row instanceof Gone
      ? { row: row.key, gone: true, place, appendTime }
      : { row, gone: false, place, appendTime };
  const rows = plan.rows.get(lane.inserter);
  if (rows) rows.push(placed);
  else plan.rows.set(lane.inserter, [placed]);
};

/** What the batch brought of the customer before goes too; what comes after stays. */
const erase = (plan: Plan, customerId: string, appendTime: number): void => {
  plan.erased.set(customerId, appendTime);
  for (const [inserter, rows] of plan.rows)
    plan.rows.set(
      inserter,
      rows.filter(({ row }) => row.customer_id !== customerId),
    );
};
