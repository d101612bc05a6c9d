import { failure } from "../../errors.ts";
import type { ImportProgress } from "../../events/engine.ts";
import { importProgress } from "../../events/topics.ts";
import { AdminPort } from "../../stream/admin.ts";
import { restore } from "../../stream/restore.ts";
import { inSpace } from "../../stream/space.ts";
import type { FaultShares } from "./faults.ts";
import type { Stretch } from "./peaks.ts";

/**
 * How far the simulation of a space has been told. It is committed together with the events, so it
 * is never ahead of them nor behind. Times are ms since 1970.
 */
export type Position = {
  /** Which run of a simulator told it. */
  readonly teller: string;
  readonly seed: number;
  readonly customers: number;
  /** Where history begins. */
  readonly from: number;
  readonly faults: FaultShares;
  readonly stretches: readonly Stretch[];
  /** Events told, in the order of `history`. */
  readonly events: number;
  /** When the newest of them was sent. */
  readonly newest: number;
  /** Whether everything up to the present was told, so that the clock may go on. */
  readonly present: boolean;
};

/** How far a plan has been streamed; committed with its events. */
export type PlanPosition = {
  /** Id of the plan. */
  readonly plan: string;
  /** Rows sent. */
  readonly sent: number;
  /** When the newest of them was to be sent, in ms since 1970. */
  readonly newest: number;
  readonly done: boolean;
};

const key = "simulation";
const planKey = "simulated_transactions";
/** Raised with each release in which the same seed gives other events. */
export const edition = 2;

export const positionRecord = (position: Position): ImportProgress => {
  const { events, newest, present, stretches, ...rest } = position;
  const report = { ...rest, edition, stretches: [...stretches], newest_event_ms: newest };
  return { file: key, sha256: key, rows_done: events, done: present, report };
};

const positionOf = (record: ImportProgress): Position => {
  type Report = Omit<Position, "events" | "newest" | "present"> & { newest_event_ms: number };
  const { newest_event_ms, ...rest } = record.report as Report;
  return {
    ...rest,
    events: record.rows_done,
    newest: newest_event_ms,
    present: record.done,
  };
};

export const planRecord = ({ plan, sent, newest, done }: PlanPosition): ImportProgress => {
  const report = { plan, newest_event_ms: newest };
  return { file: planKey, sha256: planKey, rows_done: sent, done, report };
};

const planPositionOf = (record: ImportProgress): PlanPosition => {
  const { plan, newest_event_ms } = record.report as { plan: string; newest_event_ms: number };
  return { plan, sent: record.rows_done, newest: newest_event_ms, done: record.done };
};

/** What has begun a space: the simulator, or a plan, or neither. */
export type Begun = {
  readonly simulated: Position | undefined;
  readonly planned: PlanPosition | undefined;
};

/**
 * The committed positions of a space; undefined: there is none. Throws SPACE_TOLD when
 * a release told it whose people live other lives, KAFKA_UNREACHABLE when the signal ends it.
 */
export const readBegun = async (
  bootstrap: string,
  space: string,
  until?: AbortSignal,
): Promise<Begun> => {
  const admin = AdminPort.open(bootstrap, until);
  const records = new Map<string, ImportProgress>();
  const parts = Array.from({ length: importProgress.partitions }, (_, partition) => ({
    topic: inSpace(space, importProgress.name),
    partition,
    apply: (message: { key: Buffer | null; value: Buffer | null }) => {
      if (message.value === null) return;
      const record = importProgress.read(message.value);
      records.set(record.sha256, record);
    },
  }));
  try {
    await restore({ bootstrap, admin, parts });
  } finally {
    admin.close();
  }
  const [found, planned] = [records.get(key), records.get(planKey)];
  if (found && (found.report as { edition?: number }).edition !== edition)
    throw failure("SPACE_TOLD", space, "another release", "Run ./bellwether reset to begin anew.");
  return { simulated: found && positionOf(found), planned: planned && planPositionOf(planned) };
};

/** The committed position of a space's simulator; undefined: it told nothing there. */
export const readPosition = async (
  bootstrap: string,
  space: string,
): Promise<Position | undefined> => (await readBegun(bootstrap, space)).simulated;
