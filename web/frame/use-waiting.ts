import type { PanelValues } from "../../src/serve/messages/live.ts";
import { useLive } from "../live/use-live.ts";

/** How many things wait for a person, by screen; undefined until it is known. */
export const useWaiting = (): PanelValues["attention"] | undefined =>
  useLive("attention").entries.at(-1)?.value;
