import { useInfiniteQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { useSearchParams } from "wouter";
import type { CustomersAnswer, ListedCustomer } from "../../../src/serve/messages/customer-list.ts";
import { ask, type Refusal, withQuery } from "../../api/ask.ts";

const pageRows = 100;
const lookMs = 30_000;
const names = ["q", "band", "status", "country"] as const;
export type CustomersFilter = (typeof names)[number];

/** The customers that the URL asks for, page by page. */
export const useCustomers = () => {
  const [params, setParams] = useSearchParams();
  const text = names.map((name) => params.get(name) ?? "").join("\n");
  const filters = useMemo(() => {
    const values = text.split("\n");
    return Object.fromEntries(names.map((name, at) => [name, values[at]])) as Record<
      CustomersFilter,
      string
    >;
  }, [text]);
  const set = useCallback(
    (name: CustomersFilter, value: string) =>
      setParams(
        (earlier) => {
          const changed = new URLSearchParams(earlier);
          changed.delete("row");
          if (value === "") changed.delete(name);
          else changed.set(name, value);
          return changed;
        },
        { replace: name === "q" },
      ),
    [setParams],
  );
  const pages = useInfiniteQuery<CustomersAnswer, Refusal>({
    queryKey: ["customers", filters],
    queryFn: ({ pageParam, signal }) =>
      ask(withQuery("/customers", { ...filters, limit: pageRows, after: pageParam as string }), {
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next ?? undefined,
    staleTime: lookMs,
  });
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  const rows = useMemo(() => {
    const all = (data?.pages ?? []).flatMap((page) => page.rows);
    const once = new Map<string, ListedCustomer>(all.map((row) => [row.customer_id, row]));
    return [...once.values()];
  }, [data]);
  const end = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return {
    filters,
    set,
    clear: () => setParams(new URLSearchParams()),
    rows,
    summary: data?.pages[0].summary ?? undefined,
    fault: pages.error,
    loading: pages.isPending,
    end,
    again: () => void pages.refetch(),
  };
};
