import type { Platform } from "./messages/platform.ts";

/** A reader as it is watched: its group has a full name, topics are named without their space. */
export type WatchedReader = {
  readonly id: string;
  readonly group: string;
  readonly topics: readonly string[];
};

/** A writer as it is watched: what it calls itself in the headers of its records. */
export type WatchedWriter = {
  readonly id: string;
  /** `*` at the end stands for anything. */
  readonly sources: readonly string[];
  readonly topics: readonly string[];
};

export type WatchedTopic = {
  readonly name: string;
  readonly partitions: number;
  /** Whether its records say who wrote them. */
  readonly envelope: boolean;
};

/** The product's own part, as it is drawn, and how it can be watched at work. */
export type OwnPart = {
  readonly drawn: Platform;
  readonly topics: readonly WatchedTopic[];
  readonly readers: readonly WatchedReader[];
  readonly writers: readonly WatchedWriter[];
};

const matches = (pattern: string, name: string): boolean =>
  pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : pattern === name;

/**
 * Who on the picture calls itself so in the headers of its records: first one that is to write the
 * topic, then any; undefined: nobody.
 */
export const writerOf = ({ writers }: OwnPart, name: string, topic: string): string | undefined => {
  const named = writers.filter(({ sources }) => sources.some((one) => matches(one, name)));
  const [first] = [...named.filter(({ topics }) => topics.includes(topic)), ...named];
  return first?.id;
};
