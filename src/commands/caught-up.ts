import { setTimeout as delay } from "node:timers/promises";
import { groupsOf } from "../space-setup.ts";
import { AdminPort } from "../stream/admin.ts";
import { type GroupTopics, LagWatch } from "../stream/lag.ts";
import type { Stage } from "./up-stage.ts";

const lookEveryMs = 250;

/** Resolves once groups of the space have no lag, twice in a row; undefined when stopped. */
export const caughtUp = async (
  stage: Stage,
  stop: AbortSignal,
  groups: readonly GroupTopics[] = groupsOf(stage.config),
): Promise<"caught up" | undefined> => {
  const admin = AdminPort.open(stage.bootstrap);
  const lagWatch = new LagWatch(stage.bootstrap, admin);
  try {
    for (let clear = 0; clear < 2; ) {
      if (stop.aborted) return undefined;
      const lags = await lagWatch.read(groups, Date.now()).catch(() => undefined);
      clear = lags?.every(({ records }) => records === 0) ? clear + 1 : 0;
      await delay(lookEveryMs, undefined, { signal: stop }).catch(() => {});
    }
    return "caught up";
  } finally {
    await lagWatch.close();
    admin.close();
  }
};
