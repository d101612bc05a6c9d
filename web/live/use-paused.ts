import { useRef, useState } from "react";
import type { PanelName, PanelValues } from "../../src/serve/messages/live.ts";
import { usePausedAt } from "../parts/pause.ts";
import { useLive } from "./use-live.ts";

type Known = { id: string; value: unknown };
export type Held<E> = {
  entries: readonly E[];
  /** How many came, or changed, since it was held. */
  fresh: number;
};

/**
 * Entries that stand still while they are held, by key or because the pointer is over them; what
 * came meanwhile is counted.
 */
export const useHeld = <E extends Known>(entries: readonly E[], held: boolean): Held<E> => {
  const kept = useRef<readonly E[] | null>(null);
  if (!held) kept.current = null;
  // Where nothing has come so far there is nothing to hold: the first of it is shown.
  else if (entries.length > 0) kept.current ??= entries;
  const shown = kept.current;
  if (shown === null || shown === entries) return { entries, fresh: 0 };
  const before = new Map(shown.map(({ id, value }) => [id, value]));
  const fresh = entries.filter(({ id, value }) => before.get(id) !== value).length;
  return { entries: shown, fresh };
};

/** The newest entry of a panel, held with everything else and where it is said to be. */
export const useStanding = <P extends PanelName>(
  panel: P,
  held = false,
): PanelValues[P] | undefined => {
  const paused = usePausedAt() !== null;
  return useHeld(useLive(panel).entries, paused || held).entries.at(-1)?.value;
};

/** Whether the pointer is over a part of the page, or the focus within it. */
export const useHover = () => {
  const [over, setOver] = useState(false);
  const within = {
    onPointerEnter: () => setOver(true),
    onPointerLeave: () => setOver(false),
    onFocus: () => setOver(true),
    onBlur: () => setOver(false),
  };
  return [over, within] as const;
};
