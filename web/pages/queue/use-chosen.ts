import { useCallback, useMemo, useState } from "react";
import type { QueueRow } from "../../../src/serve/messages/queue.ts";
import { tell } from "../../parts/toast.tsx";

/** As many as the API takes at once. */
const most = 200;

export type ChosenRows = {
  ids: readonly string[];
  has: (id: string) => boolean;
  toggle: (id: string) => void;
  all: () => void;
  clear: () => void;
};

/** The rows that are chosen, as far as they are shown. */
export const useChosen = (rows: readonly QueueRow[]): ChosenRows => {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const ids = useMemo(
    () => rows.map(({ customer_id }) => customer_id).filter((id) => chosen.has(id)),
    [rows, chosen],
  );
  const toggle = useCallback((id: string) => {
    setChosen((now) => {
      const next = new Set(now);
      if (next.delete(id)) return next;
      if (next.size >= most) tell(`No more than ${most} can be chosen at once.`);
      else next.add(id);
      return next;
    });
  }, []);
  const clear = useCallback(() => setChosen(new Set()), []);
  const all = () => setChosen(new Set(rows.slice(0, most).map(({ customer_id }) => customer_id)));
  return { ids, has: (id) => chosen.has(id), toggle, all, clear };
};
