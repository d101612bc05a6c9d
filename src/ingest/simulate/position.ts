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

const key = "simulation";
/** Raised with each release in which the same seed gives other events. */
const edition = 2;

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

/**
 * The committed position of a space; undefined: nothing was simulated there. Throws SPACE_TOLD when
 * a release told it whose people live other lives.
 */
export const readPosition = async (
  bootstrap: string,
  space: string,
): Promise<Position | undefined> => {
  const admin = AdminPort.open(bootstrap);
  let found: ImportProgress | undefined;
  const parts = Array.from({ length: importProgress.partitions }, (_, partition) => ({
    topic: inSpace(space, importProgress.name),
    partition,
    apply: (message: { key: Buffer | null; value: Buffer | null }) => {
      if (message.key?.toString("utf8") === key && message.value !== null)
        found = importProgress.read(message.value);
    },
  }));
  try {
    await restore({ bootstrap, admin, parts });
  } finally {
    admin.close();
  }
  if (found && (found.report as { edition?: number }).edition !== edition)
    throw failure("SPACE_TOLD", space, "another release", "Run ./bellwether reset to begin anew.");
  return found && positionOf(found);
};
