import type pg from "pg";
import type { Config } from "./config.ts";
import type { Say } from "./db.ts";
import { failure } from "./errors.ts";
import { simulationTruth } from "./events/topics.ts";
import { openRecord } from "./ingest/record.ts";
import { keyOf } from "./keys.ts";
import type { AccessOptions } from "./serve/access.ts";
import { AccessLog } from "./serve/access-log.ts";
import { openOidc } from "./serve/oidc.ts";
import type { Recording } from "./serve/recording.ts";
import type { Route } from "./serve/route.ts";
import { accessRoutes } from "./serve/routes/access.ts";
import { sessionRoutes } from "./serve/routes/session.ts";
import { signInRoutes } from "./serve/routes/sign-in.ts";
import { sessionOf } from "./serve/sessions.ts";
import { SignIn } from "./serve/sign-in.ts";
import { AdminPort } from "./stream/admin.ts";
import { inTime } from "./stream/in-time.ts";
import { inSpace } from "./stream/space.ts";

const answerMaxMs = 3_000;
const againAfterMs = 15_000;

type Place = { config: Config; bootstrap: string; pool: pg.Pool; say: Say };

/** Whether simulated people live in the space: then somebody wrote what they will do. */
const simulatedIn = ({ config, bootstrap }: Place) => {
  let known: Promise<boolean> | undefined;
  let askedAt = 0;
  const ask = async (): Promise<boolean> => {
    const admin = AdminPort.open(bootstrap);
    try {
      const topic = inSpace(config.space, simulationTruth.name);
      const { partitions } = simulationTruth;
      const parts = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
      return [...(await admin.endOffsets(parts)).values()].some((end) => end > 0);
    } finally {
      admin.close();
    }
  };
  return (): Promise<boolean> => {
    // Their first story may still be on its way: a no is asked again, now and then.
    if (known === undefined || performance.now() - askedAt > againAfterMs) {
      askedAt = performance.now();
      known = ask().then(
        (simulated) => {
          if (simulated) askedAt = Number.POSITIVE_INFINITY;
          return simulated;
        },
        () => false,
      );
    }
    return inTime(known, answerMaxMs, () => false);
  };
};

/** People and keys: who may come in, what is recorded of them, and the routes for both. */
export const openPeople = (
  place: Place,
): {
  access: AccessOptions;
  routes: Route[];
  /** For whatever people do that has to be on a topic before it counts as done. */
  record: Recording;
  /** Who looked at what. */
  log: AccessLog;
  close: () => Promise<void>;
} => {
  const { config, bootstrap, pool, say } = place;
  const { space, publicUrl, sessionMaxHours } = config;
  const writing = openRecord({ bootstrap, space });
  const record: Recording = (topic, value) =>
    writing.put(topic, [value]).catch(() => Promise.reject(failure("UNRECORDED")));
  const log = new AccessLog(record);
  const oidc = openOidc(pool, config, say);
  const simulated = simulatedIn(place);
  const signIn = new SignIn({ pool, log, space, sessionMaxHours, publicUrl, oidc, simulated });
  const access: AccessOptions = {
    // Behind a proxy, who is elsewhere looks as if they were on this machine.
    required: config.apiKeysRequired === "yes" || publicUrl !== undefined,
    space,
    keyOf: (secret) => keyOf(pool, secret),
    sessionOf: (token) => sessionOf(pool, token),
    publicUrl,
    onRefused: (caller, route) => log.noteRefused(caller, route),
  };
  const close = async (): Promise<void> => {
    await log.close();
    await writing.close();
  };
  const routes = [sessionRoutes(signIn), signInRoutes(signIn), accessRoutes({ pool, log })];
  return { access, routes, record, log, close };
};
