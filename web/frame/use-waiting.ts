import type { PanelValues } from "../../src/serve/messages/live.ts";
import { useStanding } from "../live/use-paused.ts";

/** How many things wait for a person, by screen; undefined until it is known. */
export const useWaiting = (): PanelValues["attention"] | undefined => useStanding("attention");
