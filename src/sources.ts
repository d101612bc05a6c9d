import type { App, Part } from "./app.ts";
import { openPool } from "./db.ts";
import { customerUpdates } from "./events/topics.ts";
import { clock } from "./ingest/clock.ts";
import { profileWriter } from "./ingest/profiles.ts";
import { faultsOf } from "./ingest/simulate/faults.ts";
import { simulator } from "./ingest/simulate/simulator.ts";
import type { Processor } from "./stream/processor.ts";

/** The simulated people of the live space. */
export const simulate = (app: App): Part[] => {
  const { config, bootstrap, say, figures } = app;
  const source = { events: 0, present: false };
  figures.source = source;
  const options = {
    bootstrap,
    space: config.space,
    seed: config.simulatedSeed,
    customers: config.simulatedCustomers,
    historyDays: config.simulatedHistoryDays,
    faults: faultsOf(config),
    say,
    progress: ({ events, present }: { events: number; present: boolean }) => {
      source.events = events;
      source.present ||= present;
    },
    onPresent: app.present.resolve,
  };
  return [{ name: "simulator", run: simulator(options).run }];
};

/** A clock beside a simulator waits until the history is told. */
export const tick = ({ bootstrap, config, say, names, present }: App): Part[] => {
  const after = names.includes("simulator") ? present.promise : undefined;
  return [{ name: "clock", run: clock({ bootstrap, space: config.space, say, after }).run }];
};

/** The groups of the processors that keep something of customers. */
export const customerGroups = (processors: readonly Processor[]): string[] =>
  processors.flatMap(({ reads, group }) =>
    reads.some(({ name }) => name === customerUpdates.name) ? [group] : [],
  );

/** Keeps profiles that commands change. */
export const writeProfiles = ({ config, bootstrap, say, processors }: App): Part[] => {
  const run = async (signal: AbortSignal): Promise<void> => {
    const pool = openPool(config);
    try {
      const groups = customerGroups(processors());
      await profileWriter({ bootstrap, space: config.space, groups, pool, say }).run(signal);
    } finally {
      await pool.end();
    }
  };
  return [{ name: "profile-writer", run }];
};
