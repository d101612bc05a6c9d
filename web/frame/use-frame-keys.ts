import { useLocation } from "wouter";
import { useKeys } from "../keys/use-keys.ts";
import { togglePause, usePausedAt } from "../parts/pause.ts";
import { useScreens } from "./use-screens.ts";

/** The keys that work on every screen. */
export const useFrameKeys = (show: (what: "palette" | "keys") => void): void => {
  const [, go] = useLocation();
  const screens = useScreens();
  const held = usePausedAt() !== null;
  useKeys("Everywhere", [
    { keys: "/", does: "Search", run: () => show("palette") },
    { keys: "?", does: "List the keys", run: () => show("keys") },
    { keys: "space", does: held ? "Go on" : "Pause what moves", run: togglePause },
    ...screens.flatMap(({ key, name, path }) =>
      key === undefined ? [] : [{ keys: `g ${key}`, does: `Go to ${name}`, run: () => go(path) }],
    ),
  ]);
};
