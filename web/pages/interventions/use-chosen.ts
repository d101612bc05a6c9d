import { useSearchParams } from "wouter";
import type { Dimension } from "../../../src/serve/messages/interventions.ts";

/** What is chosen of the decisions; every bit of it stands in the URL. */
export const names = [
  "status",
  "band",
  "type",
  "channel",
  "arm",
  "reason",
] as const satisfies readonly Dimension[];
const spans = ["days", "from", "to"] as const;
type Name = (typeof names)[number] | (typeof spans)[number];

export type Chosen = Partial<Record<Name, string>>;

export const usualDays = "30";

/** What is chosen, and how to choose otherwise; an empty value lets go. */
export const useChosen = (): [Chosen, (changes: Chosen) => void] => {
  const [params, setParams] = useSearchParams();
  const chosen: Chosen = {};
  for (const name of [...names, ...spans]) chosen[name] = params.get(name) ?? undefined;
  const choose = (changes: Chosen) =>
    setParams(
      (earlier) => {
        const next = new URLSearchParams(earlier);
        for (const [name, value] of Object.entries(changes))
          if (value) next.set(name, value);
          else next.delete(name);
        return next;
      },
      { replace: true },
    );
  return [chosen, choose];
};
