import type { GroupAnswer } from "../../../src/serve/messages/groups.ts";

export const stateWords: Record<GroupAnswer["state"], string> = {
  stable: "works",
  changing: "shares out partitions",
  empty: "has no members",
  dead: "has not begun",
  unknown: "unknown",
};

export const kindWords = { processor: "Processors", sink: "Sinks", other: "Not ours" } as const;

export const offsetWords: Record<GroupAnswer["offsets_in"], string> = {
  kafka: "Kafka",
  postgres: "Postgres",
  redis: "Redis",
  files: "its files",
  itself: "itself",
};

export const trendWords = {
  growing: "↗ growing",
  shrinking: "↘ shrinking",
  steady: "→ steady",
} as const;
