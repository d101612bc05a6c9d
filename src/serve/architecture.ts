import { isUnreachable } from "../db.ts";
import { Failure } from "../errors.ts";
import { inTime } from "../stream/in-time.ts";
import { type DeclaredFlow, type Drift, driftOf, type SeenFlow } from "./drift.ts";
import type {
  ArchitectureAnswer,
  ArchitectureLiveAnswer,
  LiveFlow,
  LiveTopic,
} from "./messages/architecture.ts";
import type { PlatformFlow } from "./messages/platform.ts";
import type { ObservedTables } from "./observed.ts";
import { faultOf, type Observer, type Sample } from "./observer.ts";
import type { OwnPart } from "./own-part.ts";
import { readPlatform } from "./platform.ts";

const freshMs = 4_000;
const backgroundMs = 30_000;
const answerMaxMs = 4_000;
const closeMaxMs = 1_000;

/** Both parts as they are declared. The platform's file is read anew each time: people edit it. */
export const declaredArchitecture = (own: OwnPart, file: string): ArchitectureAnswer => {
  const told = { own: own.drawn, platform_file: file };
  try {
    return { ...told, platform: readPlatform(file), platform_fault: null };
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    const { what: error, code, cure = null } = thrown;
    return { ...told, platform: null, platform_fault: { error, code, cure } };
  }
};

/** Which of the declared flows can be seen, and why the others cannot. */
export const watchable = (own: OwnPart): DeclaredFlow[] => {
  const named = new Map(own.topics.map((topic) => [`topic:${topic.name}`, topic]));
  const reads = new Set(own.readers.flatMap(({ id, topics }) => topics.map((t) => `${t} ${id}`)));
  const unseen = ({ from, to, kind }: PlatformFlow): string | undefined => {
    if (kind !== "stream") return "Only flows through Kafka are watched";
    const written = named.get(to);
    if (written) return written.envelope ? undefined : "Its records do not say who wrote them";
    const topic = named.get(from)?.name;
    return reads.has(`${topic} ${to}`) ? undefined : "Read without a group that commits";
  };
  return own.drawn.flows.map((flow) => {
    const why = unseen(flow);
    const { from, to, quiet } = flow;
    return { from, to, ...(why ? { unseen: why } : {}), ...(quiet ? { rare: true } : {}) };
  });
};

export type WatchOptions = {
  own: OwnPart;
  observer: () => Observer;
  tables: ObservedTables;
  now?: () => number;
};

/**
 * The running architecture: a sample at most every four seconds while somebody asks, and every
 * half minute otherwise, so that what nobody looked at is not taken for unused.
 */
export class ArchitectureWatch {
  readonly #options: WatchOptions;
  readonly #declared: DeclaredFlow[];
  #observer: Observer | undefined;
  #sample: Sample | undefined;
  #fault: string | null = null;
  #under: Promise<void> | undefined;
  #history: { seen: SeenFlow[]; watchedDays: number } | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#declared = watchable(options.own);
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }

  start(): void {
    const look = () => void this.#look().catch(() => {});
    look();
    this.#timer = setInterval(look, backgroundMs);
    this.#timer.unref();
  }

  async read(): Promise<ArchitectureLiveAnswer> {
    const isOld = this.#sample === undefined || this.#now() - this.#sample.at > freshMs;
    if (isOld) {
      await inTime(this.#look(), answerMaxMs, () => {});
    }
    return this.#told();
  }

  /** One look at a time; whoever asks meanwhile waits for the same. */
  #look(): Promise<void> {
    this.#under ??= this.#lookOnce().finally(() => {
      this.#under = undefined;
    });
    return this.#under;
  }

  async #lookOnce(): Promise<void> {
    const { observer, tables } = this.#options;
    try {
      this.#observer ??= observer();
      this.#sample = await this.#observer.sample();
      this.#fault = null;
    } catch (thrown) {
      this.#sample = undefined;
      this.#fault = faultOf(thrown);
    }
    const now = this.#now();
    try {
      if (this.#sample) await tables.note(this.#sample.seen, now);
      this.#history = await tables.read(now);
    } catch (thrown) {
      // What was seen is still shown; only how long it was watched is not known meanwhile.
      if (!isUnreachable(thrown)) throw thrown;
      this.#history = undefined;
    }
  }

  #told(): ArchitectureLiveAnswer {
    const sample = this.#sample;
    const { seen = [], watchedDays = 0 } = this.#history ?? {};
    const all = [...seen, ...(sample?.seen ?? [])];
    const drift = driftOf({ declared: this.#declared, seen: all, watchedDays, now: this.#now() });
    return {
      sampled_at: sample ? new Date(sample.at).toISOString() : null,
      fault: this.#fault ?? (sample ? null : "Kafka has not answered yet"),
      watched_days: watchedDays,
      topics: this.#options.own.topics.map(({ name }) => topicTold(name, sample)),
      flows: drift.map((flow) => flowTold(flow, sample)),
    };
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    // A question to a Kafka that hangs must not hold up the end.
    const closed = (async () => {
      await this.#under?.catch(() => {});
      await this.#observer?.close();
    })();
    await inTime(closed, closeMaxMs, () => {});
  }
}

const topicTold = (topic: string, sample: Sample | undefined): LiveTopic => {
  const found = sample?.topics.get(topic);
  return {
    topic,
    rate_per_s: found?.ratePerS ?? null,
    stored: found?.stored ?? null,
    newest_at: found?.newestAt == null ? null : new Date(found.newestAt).toISOString(),
  };
};

const bareTopic = (id: string): string | undefined => /^topic:(.*)$/.exec(id)?.[1];

const flowTold = (flow: Drift, sample: Sample | undefined): LiveFlow => {
  const unknown = { rate_per_s: null, lag_records: null, lag_seconds: null };
  const written = bareTopic(flow.to);
  if (written !== undefined) {
    const topic = sample?.topics.get(written);
    return { ...flow, ...unknown, rate_per_s: topic ? writtenRate(topic, flow.from) : null };
  }
  const read = sample?.readers.find(
    ({ id, topic }) => id === flow.to && topic === bareTopic(flow.from),
  );
  return {
    ...flow,
    rate_per_s: read?.ratePerS ?? null,
    lag_records: read?.lagRecords ?? null,
    lag_seconds: read?.lagSeconds ?? null,
  };
};

/** A writer's share of what its topic grows by; nothing grows: 0, whoever it would have been. */
const writtenRate = (
  {
    ratePerS,
    shares,
  }: { ratePerS: number | null; shares: ReadonlyMap<string, number> | undefined },
  writer: string,
): number | null => {
  if (ratePerS === null) return null;
  if (ratePerS === 0) return 0;
  return shares === undefined ? null : ratePerS * (shares.get(writer) ?? 0);
};
