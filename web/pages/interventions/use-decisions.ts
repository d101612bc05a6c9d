import { useInfiniteQuery } from "@tanstack/react-query";
import type {
  InterventionsAnswer,
  ListedIntervention,
} from "../../../src/serve/messages/interventions.ts";
import { ask, type Refusal, withQuery } from "../../api/ask.ts";
import { useEvery } from "../../parts/pause.ts";
import type { Chosen } from "./use-chosen.ts";

export type Decisions = {
  rows: readonly ListedIntervention[];
  fault: Refusal | null;
  loading: boolean;
  again: () => void;
  /** Asks for older ones; undefined: there are none. */
  more: (() => void) | undefined;
  loadingMore: boolean;
};

const freshMs = 10_000;

/**
 * Pages of decisions, the newest first; older ones as they are asked for. Newer ones come by
 * themselves, unless the list is held so that nothing moves under the pointer or the focus.
 */
export const useDecisions = (chosen: Chosen, held: boolean): Decisions => {
  const everyMs = useEvery(held ? undefined : freshMs);
  const asked = useInfiniteQuery<InterventionsAnswer, Refusal>({
    queryKey: ["interventions", chosen],
    queryFn: ({ pageParam, signal }) =>
      ask(withQuery("/interventions", { ...chosen, before: pageParam as string | null }), {
        signal,
      }),
    initialPageParam: null,
    getNextPageParam: (page) => page.next,
    refetchInterval: ({ state }) => (state.data?.pages.length ?? 1) === 1 && everyMs,
  });
  return {
    rows: asked.data?.pages.flatMap((page) => page.interventions) ?? [],
    fault: asked.error,
    loading: asked.isPending,
    again: () => void asked.refetch(),
    more: asked.hasNextPage ? () => void asked.fetchNextPage() : undefined,
    loadingMore: asked.isFetchingNextPage,
  };
};
