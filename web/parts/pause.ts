import { useSyncExternalStore } from "react";

/** Whatever changes by itself stands still, on every screen alike, while somebody holds it. */
const listeners = new Set<() => void>();
let heldAt: number | null = null;

export const togglePause = (): void => {
  heldAt = heldAt === null ? Date.now() : null;
  for (const tell of listeners) tell();
};

const subscribe = (tell: () => void) => {
  listeners.add(tell);
  return () => listeners.delete(tell);
};

/** Since when it is held, in ms; null while it moves. */
export const usePausedAt = (): number | null => useSyncExternalStore(subscribe, () => heldAt);

/** How often to ask again: not at all while it is held. */
export const useEvery = (ms: number | undefined): number | false => {
  const held = usePausedAt() !== null;
  return held ? false : (ms ?? false);
};
