import type { Contract } from "../../events/contract.ts";
import { allTopics } from "../../events/topics.ts";

/** What is kept for good: all that is about the business, and nothing of the engine's own. */
export const archivedTopics: readonly Contract<unknown>[] = allTopics.filter(
  ({ audit, owner }) => audit !== "none" && owner !== "engine",
);
