import { useCallback } from "react";
import { useSearchParams } from "wouter";

/**
 * One value in the URL's query, so that a link shows the same. An empty value is left out;
 * changing a filter replaces the entry in the browser's history unless `push` is said.
 */
export const useUrlValue = (
  name: string,
  fallback = "",
): [string, (next: string, how?: { push?: boolean }) => void] => {
  const [params, setParams] = useSearchParams();
  const set = useCallback(
    (next: string, how: { push?: boolean } = {}) =>
      setParams(
        (earlier) => {
          const changed = new URLSearchParams(earlier);
          if (next === "" || next === fallback) changed.delete(name);
          else changed.set(name, next);
          return changed;
        },
        { replace: !how.push },
      ),
    [name, fallback, setParams],
  );
  return [params.get(name) ?? fallback, set];
};
