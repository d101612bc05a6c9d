import { useSyncExternalStore } from "react";

/** Times are shown in the viewer's own zone or in UTC, on every screen alike. */
export type Zone = "local" | "utc";

const listeners = new Set<() => void>();
const kept = (): Zone => {
  try {
    return localStorage.getItem("zone") === "utc" ? "utc" : "local";
  } catch {
    return "local";
  }
};
let zone: Zone = kept();

export const setZone = (next: Zone): void => {
  zone = next;
  try {
    localStorage.setItem("zone", next);
  } catch {
    // A browser that keeps nothing shows it until the page is left.
  }
  for (const tell of listeners) tell();
};

const subscribe = (tell: () => void) => {
  listeners.add(tell);
  return () => listeners.delete(tell);
};

export const useZone = (): Zone => useSyncExternalStore(subscribe, () => zone);

/** The name of the zone in which times are shown, such as Europe/Prague. */
export const zoneName = (of: Zone): string =>
  of === "utc" ? "UTC" : Intl.DateTimeFormat().resolvedOptions().timeZone;
