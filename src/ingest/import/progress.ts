import type { ImportProgress } from "../../events/engine.ts";
import { importProgress, ticks } from "../../events/topics.ts";
import { AdminPort } from "../../stream/admin.ts";
import { restore } from "../../stream/restore.ts";
import { inSpace } from "../../stream/space.ts";

/** What a space already knows: how far its imports have come, and what time it is there. */
export type SpaceState = {
  /** By SHA-256 of a file, or of a set of files. */
  progress: ReadonlyMap<string, ImportProgress>;
  /** The newest time that the space has seen, ms since 1970; undefined in a new space. */
  clock: number | undefined;
};

/** When an import's record says how late its newest event was. */
export const newestOf = (progress: ImportProgress): number | undefined => {
  const newest = (progress.report as { newest_event_ms?: unknown } | null | undefined)
    ?.newest_event_ms;
  return typeof newest === "number" ? newest : undefined;
};

/**
 * Reads `import-progress` and `ticks` to their ends, committed records only. Ticks are kept for a
 * day; the imports' own records remember the time of an older import. Throws KAFKA_UNREACHABLE when
 * the signal ends it.
 */
export const readSpace = async (
  bootstrap: string,
  space: string,
  until?: AbortSignal,
): Promise<SpaceState> => {
  const admin = AdminPort.open(bootstrap, until);
  const progress = new Map<string, ImportProgress>();
  let clock: number | undefined;
  const seen = (at: number | undefined) => {
    if (at !== undefined && at > (clock ?? Number.NEGATIVE_INFINITY)) clock = at;
  };
  const partsOf = (topic: { name: string; partitions: number }) =>
    Array.from({ length: topic.partitions }, (_, partition) => ({
      topic: inSpace(space, topic.name),
      partition,
    }));
  const parts = [
    ...partsOf(importProgress).map((part) => ({
      ...part,
      apply: ({ value }: { value: Buffer | null }) => {
        if (value === null) return;
        const record = importProgress.read(value);
        progress.set(record.sha256, record);
      },
    })),
    ...partsOf(ticks).map((part) => ({
      ...part,
      apply: ({ value }: { value: Buffer | null }) => {
        if (value !== null) seen(ticks.read(value));
      },
    })),
  ];
  try {
    await restore({ bootstrap, admin, parts });
  } finally {
    admin.close();
  }
  for (const record of progress.values()) seen(newestOf(record));
  return { progress, clock };
};
