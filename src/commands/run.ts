import { parseArgs } from "node:util";
import { type App, type Part, partsOf, processorsOf, rolesNamed, together } from "../app.ts";
import { ownPart } from "../architecture.ts";
import { type Config, readConfig } from "../config.ts";
import { configuredAddresses, locateServers, serverEnvironment } from "../embedded/servers.ts";
import { failure } from "../errors.ts";
import { type Figures, measureProcess } from "../figures.ts";
import { topologyIn } from "../map.ts";
import { collectWhenQuiet } from "../quiet.ts";
import { checkProcessorTopics, groupsOf } from "../space-setup.ts";
import { awaitKafka } from "../stream/await-kafka.ts";
import { type Command, say } from "./command.ts";

/** What the supervisor and a process of `up` tell each other. */
export type ToSupervisor = { figures: Figures } | { said: string };
export type ToProcess = { everything: Figures } | { stop: true };

const figuresEveryMs = 1_000;

/** `run <process role>…`: runs roles until a signal; exit code 3 when another owns the slot. */
export const run: Command = async (args, { config: given }) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { slot: { type: "string" } },
  });
  if (positionals.length === 0)
    throw failure("ARGUMENT_WRONG", "run needs a role", "Give one, such as line or sink.");
  const names = [...new Set(positionals.flatMap(rolesNamed))];
  const slot = values.slot === undefined ? undefined : Number(values.slot);
  if (slot !== undefined && !(Number.isInteger(slot) && slot >= 0))
    throw failure("ARGUMENT_WRONG", "--slot is not a whole number", "Give 0, 1, 2 …");
  const config = located(given);
  const bootstrap = config.kafkaBootstrapServers;
  const { figures, read } = measureProcess();
  const link = supervisorLink(read);
  const everything = () => link.everything ?? read();
  const present = Promise.withResolvers<void>();
  const { say: tell } = link;
  const map = {
    topology: () => topologyIn(config),
    processors: () => processorsOf(config),
    groups: () => groupsOf(config),
    own: () => ownPart(config),
  };
  const measures = { figures, everything };
  const app: App = { config, bootstrap, slot, names, present, say: tell, ...measures, ...map };
  const parts = names.flatMap((name) => partsOf(name, app));
  if (parts.length === 0)
    throw failure(
      "ARGUMENT_WRONG",
      `${names.join(", ")} has no process`,
      "Use the command import.",
    );
  const work = together(onceChecked(parts, app), link.signal).then(() => true);
  if (!(await Promise.race([work, overdue(link.signal, config.drainMaxMs + graceMs)])))
    tell("What was in flight could not be ended in time; the next start takes it up.");
  return 0;
};

/** The processors among these parts start once Kafka's topics were seen to fit them. */
const onceChecked = (parts: readonly Part[], { config, bootstrap, say }: App): Part[] => {
  const named = new Map(processorsOf(config).map((each) => [each.name, each]));
  const processors = parts.flatMap(({ name }) => named.get(name) ?? []);
  let checked: Promise<void> | undefined;
  return parts.map((part) => {
    if (!named.has(part.name)) return part;
    const run = async (signal: AbortSignal): Promise<void> => {
      const check = () => checkProcessorTopics(config, bootstrap, processors, signal);
      checked ??= awaitKafka(check, { bootstrap, say, signal });
      await checked.catch((thrown) => {
        if (!signal.aborted) throw thrown;
      });
      if (!signal.aborted) await part.run(signal);
    };
    return { ...part, run };
  });
};

const graceMs = 700;

/** Resolves with false when so much time has passed since the signal. */
const overdue = (signal: AbortSignal, ms: number): Promise<boolean> =>
  new Promise((resolve) => {
    const wait = () => setTimeout(() => resolve(false), ms).unref();
    if (signal.aborted) wait();
    else signal.addEventListener("abort", wait, { once: true });
  });

/** The settings with the addresses of the servers that `up` runs here, where none is set. */
export const located = (given: Config): Config & { kafkaBootstrapServers: string } => {
  const addresses = { ...locateServers(given, ["kafka"]), ...configuredAddresses(given) };
  Object.assign(process.env, serverEnvironment(addresses));
  const kafkaBootstrapServers = addresses.kafka.bootstrap;
  return { ...readConfig(), ...withoutUndefined(given), kafkaBootstrapServers };
};

const withoutUndefined = <T extends object>(of: T): T =>
  Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined)) as T;

/** Stops on a signal, on the supervisor's word, or when the supervisor is gone. */
export const supervisorLink = (read: () => Figures) => {
  const stop = new AbortController();
  const end = () => stop.abort();
  const link = {
    signal: stop.signal,
    /** Hands over the figures now; else it happens once a second and at the stop. */
    tell: () => {},
    everything: undefined as Figures | undefined,
    say: (sentence: string) => {
      if (process.send) process.send({ said: sentence } satisfies ToSupervisor);
      else say(sentence);
    },
  };
  process.on("SIGTERM", end);
  if (!process.send) {
    process.on("SIGINT", end);
    return link;
  }
  // Ctrl-C reaches every process of a terminal; under a supervisor only its word counts.
  process.on("SIGINT", () => {});
  process.on("disconnect", end);
  process.on("message", (message: ToProcess) => {
    if ("stop" in message) end();
    else link.everything = message.everything;
  });
  const tell = () => {
    if (process.connected) process.send?.({ figures: read() } satisfies ToSupervisor);
  };
  link.tell = tell;
  setInterval(tell, figuresEveryMs).unref();
  collectWhenQuiet();
  stop.signal.addEventListener("abort", tell);
  return link;
};
