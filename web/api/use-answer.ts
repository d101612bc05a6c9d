import { useQuery } from "@tanstack/react-query";
import { useEvery } from "../parts/pause.ts";
import { ask, type Refusal } from "./ask.ts";

export type Answer<T> = {
  /** The newest answer; it stays while a newer one is asked for, also where that fails. */
  data: T | undefined;
  fault: Refusal | null;
  /** Nothing has been answered yet. */
  loading: boolean;
  /** What is shown answers an earlier question; the answer to this one is on its way. */
  earlier: boolean;
  again: () => void;
};

/**
 * What the API answers to a GET, kept, and asked again as often as said unless all is held. null
 * asks nothing.
 */
export const useAnswer = <T>(
  path: string | null,
  { everyMs }: { everyMs?: number } = {},
): Answer<T> => {
  const { data, error, isPending, isPlaceholderData, refetch } = useQuery<T, Refusal>({
    queryKey: [path],
    queryFn: ({ signal }) => ask<T>(path as string, { signal }),
    enabled: path !== null,
    refetchInterval: useEvery(everyMs),
  });
  const loading = isPending && path !== null;
  const earlier = isPlaceholderData && path !== null;
  return { data, fault: error, loading, earlier, again: () => void refetch() };
};
