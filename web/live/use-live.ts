import type { Entry, PanelName, PanelValues } from "../../src/serve/messages/live.ts";

export type LiveEntry<P extends PanelName> = Omit<Entry, "value"> & { value: PanelValues[P] };

export type Live<P extends PanelName> = {
  /** In the order in which their ids first came. */
  entries: readonly LiveEntry<P>[];
  /** When the socket dropped, in ms; null while it is open. */
  staleSince: number | null;
};

/** A panel's entries, as they come. */
export const useLive = <P extends PanelName>(_panel: P): Live<P> => ({
  entries: [],
  staleSince: null,
});
