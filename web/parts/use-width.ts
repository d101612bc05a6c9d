import { useSyncExternalStore } from "react";

const hear = (told: () => void): (() => void) => {
  window.addEventListener("resize", told);
  return () => window.removeEventListener("resize", told);
};

/** The window's width in pixels, for a table that leaves columns out where there is no room. */
export const useWidth = (): number => useSyncExternalStore(hear, () => window.innerWidth);
