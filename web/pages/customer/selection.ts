import { useCallback } from "react";
import { useSearchParams } from "wouter";

export type Selection = {
  /** Predictions; empty: none is chosen. With both, the difference between them is shown. */
  a: string;
  b: string;
  choose: (id: string) => void;
  clear: () => void;
};

/**
 * The chosen scores, in the URL: the first choice is A, the second B, a third begins again. What is
 * chosen twice is let go.
 */
export const useSelection = (): Selection => {
  const [params, setParams] = useSearchParams();
  const [a, b] = [params.get("a") ?? "", params.get("b") ?? ""];
  const set = useCallback(
    (values: { a: string; b: string }) =>
      setParams(
        (earlier) => {
          const changed = new URLSearchParams(earlier);
          for (const [name, value] of Object.entries(values))
            if (value === "") changed.delete(name);
            else changed.set(name, value);
          return changed;
        },
        { replace: true },
      ),
    [setParams],
  );
  const choose = (id: string): void => {
    if (id === a) set({ a: b, b: "" });
    else if (id === b) set({ a, b: "" });
    else if (a === "" || b !== "") set({ a: id, b: "" });
    else set({ a, b: id });
  };
  return { a, b, choose, clear: () => set({ a: "", b: "" }) };
};
