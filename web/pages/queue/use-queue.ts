import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { useSearchParams } from "wouter";
import type {
  QueueAnswer,
  QueueFacet,
  QueueFilters,
  QueueRow,
} from "../../../src/serve/messages/queue.ts";
import { ask, type Refusal, withQuery } from "../../api/ask.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { facetNames } from "./words.ts";

const pageRows = 100;
const lookMs = 4_000;
const facets = Object.keys(facetNames) as QueueFacet[];

/** The filters, as the URL has them. */
export const useFilters = () => {
  const [params, setParams] = useSearchParams();
  const text = facets.map((facet) => params.get(facet) ?? "").join("\n");
  const filters = useMemo((): QueueFilters => {
    const values = text.split("\n");
    return Object.fromEntries(
      facets.map((facet, at) => [facet, values[at]]).filter(([, value]) => value !== ""),
    );
  }, [text]);
  /** Sets these filters alone: what is undefined is let go, all else stays. */
  const set = useCallback(
    (next: Partial<Record<QueueFacet, string | undefined>>) =>
      setParams(
        (earlier) => {
          const changed = new URLSearchParams(earlier);
          changed.delete("row");
          for (const [facet, value] of Object.entries(next))
            if (value === undefined || value === "") changed.delete(facet);
            else changed.set(facet, value);
          return changed;
        },
        { replace: false },
      ),
    [setParams],
  );
  const only = useCallback(
    (next: QueueFilters) =>
      set({ ...Object.fromEntries(facets.map((facet) => [facet, undefined])), ...next }),
    [set],
  );
  return { filters, set, only };
};

/** What somebody has just done to a row. Of such a row what is newer shows at once. */
export type Patch = { gone?: true; assignee?: string | null };
type Patches = ReadonlyMap<string, Patch>;

/** The rows as they are shown: those of the pages, and of what one did oneself the newest. */
const shownRows = (
  pages: readonly QueueAnswer[],
  newest: readonly QueueRow[],
  patches: Patches,
): QueueRow[] => {
  const heads = new Map(newest.map((row) => [row.customer_id, row]));
  // What moves between two pages may come with both.
  const once = new Map(pages.flatMap(({ rows }) => rows).map((row) => [row.customer_id, row]));
  return [...once.values()].flatMap((row) => {
    const patch = patches.get(row.customer_id);
    if (patch === undefined) return [row];
    if (patch.gone) return [];
    const known = heads.get(row.customer_id) ?? row;
    return patch.assignee === undefined ? [known] : [{ ...known, assignee: patch.assignee }];
  });
};

const stateOf = (row: QueueRow): string =>
  JSON.stringify([row.risk_score, row.at_stake, row.assignee, row.decision, row.contact.state]);

/** How many rows of the newest first page are not as they are shown. */
const changedIn = (newest: readonly QueueRow[], shown: readonly QueueRow[]): number => {
  const states = new Map(shown.map((row) => [row.customer_id, stateOf(row)]));
  const there = new Set(newest.map(({ customer_id }) => customer_id));
  const came = newest.filter((row) => states.get(row.customer_id) !== stateOf(row));
  const left = shown.slice(0, newest.length).filter((row) => !there.has(row.customer_id));
  const known = new Set(came.map(({ customer_id }) => customer_id));
  return came.length + left.filter(({ customer_id }) => !known.has(customer_id)).length;
};

export type Queue = {
  rows: readonly QueueRow[];
  /** Counts and sums, as they are now. */
  now: QueueAnswer | undefined;
  fault: Refusal | null;
  loading: boolean;
  /** Rows that have changed since they were read; they are not moved until `show`. */
  changed: number;
  show: () => void;
  end: () => void;
  patch: (patches: Patches) => void;
};

const unpatched: Patches = new Map();

/** What somebody has just done under these filters: under others it is read anew. */
const usePatches = (filters: QueueFilters) => {
  const [kept, setKept] = useState({ filters, patches: unpatched });
  const patch = useCallback(
    (more: Patches) =>
      setKept((earlier) => {
        const known = earlier.filters === filters ? earlier.patches : unpatched;
        return { filters, patches: new Map([...known, ...more]) };
      }),
    [filters],
  );
  const forget = useCallback(() => setKept({ filters, patches: unpatched }), [filters]);
  return { kept, patch, forget };
};

/** The queue under these filters: its rows stay where they are until somebody asks for newer. */
export const useQueue = (filters: QueueFilters): Queue => {
  const client = useQueryClient();
  const key = useMemo(() => ["queue", filters], [filters]);
  const { kept, patch, forget } = usePatches(filters);
  const pages = useInfiniteQuery<QueueAnswer, Refusal>({
    queryKey: key,
    queryFn: ({ pageParam, signal }) =>
      ask(withQuery("/queue", { ...filters, limit: pageRows, after: pageParam as string }), {
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next ?? undefined,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnMount: "always",
  });
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  const head = useAnswer<QueueAnswer>(withQuery("/queue", { ...filters, limit: pageRows }), {
    everyMs: lookMs,
  });
  const newest = head.data?.rows;
  // Until the answer comes, the rows of the filters before are shown, as they were.
  const patches = kept.filters === filters || pages.isPlaceholderData ? kept.patches : unpatched;
  const rows = useMemo(
    () => shownRows(data?.pages ?? [], newest ?? [], patches),
    [data, newest, patches],
  );
  const changed = useMemo(() => {
    if (newest === undefined || rows.length === 0 || pages.isPlaceholderData) return 0;
    return changedIn(
      newest.filter(({ customer_id }) => !patches.get(customer_id)?.gone),
      rows,
    );
  }, [newest, rows, patches, pages.isPlaceholderData]);
  const show = useCallback(() => {
    forget();
    void client.resetQueries({ queryKey: key });
  }, [client, key, forget]);
  const end = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return {
    rows,
    now: head.data ?? data?.pages[0],
    fault: pages.error ?? head.fault,
    loading: pages.isPending,
    changed,
    show,
    end,
    patch,
  };
};
