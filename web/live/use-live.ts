import { useCallback, useSyncExternalStore } from "react";
import type { Entry, PanelName, PanelValues } from "../../src/serve/messages/live.ts";
import { shownOf, watchPanel } from "./socket.ts";

export type LiveEntry<P extends PanelName> = Omit<Entry, "value"> & { value: PanelValues[P] };

export type Live<P extends PanelName> = {
  /** In the order in which their ids first came. */
  entries: readonly LiveEntry<P>[];
  /** Whether anything has come yet: no entries may mean that there are none. */
  known: boolean;
  /** When it was last known to be live, in ms; null while it is. */
  staleSince: number | null;
};

/** A panel's entries, as they come. */
export const useLive = <P extends PanelName>(panel: P): Live<P> => {
  const watch = useCallback((listener: () => void) => watchPanel(panel, listener), [panel]);
  return useSyncExternalStore(watch, () => shownOf(panel)) as Live<P>;
};
