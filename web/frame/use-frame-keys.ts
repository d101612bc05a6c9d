import { useLocation } from "wouter";
import { useKeys } from "../keys/use-keys.ts";
import { useScreens } from "./use-screens.ts";

/** The keys that work on every screen. */
export const useFrameKeys = (show: (what: "palette" | "keys") => void): void => {
  const [, go] = useLocation();
  const screens = useScreens();
  useKeys("Everywhere", [
    { keys: "/", does: "Search", run: () => show("palette") },
    { keys: "?", does: "List the keys", run: () => show("keys") },
    ...screens.flatMap(({ key, name, path }) =>
      key === undefined ? [] : [{ keys: `g ${key}`, does: `Go to ${name}`, run: () => go(path) }],
    ),
  ]);
};
