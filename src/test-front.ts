import { after } from "node:test";
import { type App, processorsOf } from "./app.ts";
import { ownPart } from "./architecture.ts";
import type { Config } from "./config.ts";
import { answer } from "./front.ts";
import { topologyIn } from "./map.ts";
import { modelShelf } from "./models.ts";
import { groupsOf } from "./space-setup.ts";

/** The whole API as the role runs it, until the end of the file's tests; Redis is not there. */
export const startFront = async (config: Config, bootstrap = "127.0.0.1:1"): Promise<string> => {
  const nowhere = { redisHost: "127.0.0.1", redisPort: 1, port: 0 };
  const stop = new AbortController();
  const url = Promise.withResolvers<string>();
  const say = (sentence: string) => {
    const found = /answers at (http:\S+)/.exec(sentence);
    if (found) url.resolve(found[1]);
  };
  const app = {
    config: { ...config, ...nowhere },
    bootstrap,
    say,
    figures: {},
    everything: () => ({ processors: {}, sinks: {}, notified: {} }),
    topology: () => topologyIn(config),
    processors: () => processorsOf(config),
    groups: () => groupsOf(config),
    own: () => ownPart(config),
  } as unknown as App;
  const [part] = answer({ app, shelf: modelShelf([]) });
  const run = part.run(stop.signal);
  after(async () => {
    stop.abort();
    await run;
  });
  return Promise.race([url.promise, run.then(() => Promise.reject(new Error("It ended.")))]);
};
