import { useRef, useState } from "react";

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
  else kept.current ??= entries;
  const shown = kept.current;
  if (shown === null || shown === entries) return { entries, fresh: 0 };
  const before = new Map(shown.map(({ id, value }) => [id, value]));
  const fresh = entries.filter(({ id, value }) => before.get(id) !== value).length;
  return { entries: shown, fresh };
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
