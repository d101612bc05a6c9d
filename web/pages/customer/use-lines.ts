import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import type { Line, TimelineAnswer } from "../../../src/serve/messages/timeline.ts";
import { ask, type Refusal, withQuery } from "../../api/ask.ts";
import { useAnswer } from "../../api/use-answer.ts";

const pageLines = 200;
const lookMs = 10_000;

export type Lines = {
  lines: readonly Line[];
  fault: Refusal | null;
  loading: boolean;
  more: boolean;
  /** Asks for the next page, unless it is on its way. */
  next: () => void;
  /** How many have come since, which are not shown so that nothing moves; 50 stands for more. */
  fresh: number;
  showFresh: () => void;
  again: () => void;
};

/** A customer's timeline, page by page, newest first. */
export const useLines = (customer: string, kinds: string): Lines => {
  const path = `/customers/${encodeURIComponent(customer)}/timeline`;
  const client = useQueryClient();
  const key = useMemo(() => ["timeline", path, kinds], [path, kinds]);
  const pages = useInfiniteQuery<TimelineAnswer, Refusal>({
    queryKey: key,
    queryFn: ({ pageParam, signal }) =>
      ask(withQuery(path, { kinds, limit: pageLines, before: pageParam as string }), { signal }),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next ?? undefined,
    // Pages stay as they were read: newer lines are counted apart.
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: undefined,
    // Else every page that comes would be compared with all that are held, line by line.
    structuralSharing: false,
  });
  const head = useAnswer<TimelineAnswer>(withQuery(path, { kinds, limit: 50 }), {
    everyMs: lookMs,
  });
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  const lines = useMemo(() => (data?.pages ?? []).flatMap((page) => page.lines), [data]);
  const known = new Set(lines.slice(0, 100).map(({ id }) => id));
  const fresh =
    lines.length === 0 || !head.data
      ? 0
      : head.data.lines.filter(({ id }) => !known.has(id)).length;
  const next = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return {
    lines,
    fault: pages.error,
    loading: pages.isPending,
    more: hasNextPage,
    next,
    fresh,
    showFresh: () => void client.resetQueries({ queryKey: key }),
    again: () => void pages.refetch(),
  };
};
