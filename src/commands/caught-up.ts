import { setTimeout as delay } from "node:timers/promises";
import { groupsOf } from "../space-setup.ts";
import { AdminPort } from "../stream/admin.ts";
import { LagWatch, noneBehind } from "../stream/lag.ts";
import type { Stage } from "./up-stage.ts";

const lookEveryMs = 250;

/** Resolves once every group of the space has no lag, twice in a row; undefined when stopped. */
export const caughtUp = async (
  stage: Stage,
  stop: AbortSignal,
): Promise<"caught up" | undefined> => {
  const admin = AdminPort.open(stage.bootstrap);
  const lagWatch = new LagWatch(stage.bootstrap, admin);
  const groups = groupsOf(stage.config);
  try {
    for (let clear = 0; clear < 2; ) {
      if (stop.aborted) return undefined;
      const lags = await lagWatch.read(groups, Date.now()).catch(() => undefined);
      clear = lags && noneBehind(groups, lags) ? clear + 1 : 0;
      await delay(lookEveryMs, undefined, { signal: stop }).catch(() => {});
    }
    return "caught up";
  } finally {
    await lagWatch.close();
    admin.close();
  }
};
