import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { Say } from "../db.ts";
import { failure } from "../errors.ts";
import { customerFeatures, customerUpdates, predictionsStream } from "../events/topics.ts";
import { type CopyKind, copyKey, copyKinds } from "../redis.ts";
import { admit } from "../stream/admit.ts";
import { openReader, partKey, type Received } from "../stream/reader.ts";
import type { Topic } from "../stream/topic.ts";

/**
 * The fast copy: the newest profile, feature vector and score of each customer, as their bytes
 * came.
 *
 * Offsets live in Redis beside the values, and a script changes both or nothing, and only if the
 * offset is where this sink believes it to be. So whoever empties Redis empties the offsets too,
 * and the copy is filled again from the topics' beginnings; and a zombie cannot put an older value
 * over a newer one. A topic made anew has another id, so its old offset counts as none.
 */
const kinds: Record<string, CopyKind> = {
  [customerUpdates.name]: "customer",
  [customerFeatures.name]: "features",
  [predictionsStream.name]: "score",
};
const topics = [customerUpdates, customerFeatures, predictionsStream] as unknown as Topic[];

/** KEYS: the offset's, then the values'. ARGV: offset before, after, then values; "" deletes. */
const script = `
local at = redis.call('GET', KEYS[1]) or ''
if at ~= ARGV[1] then return at end
for i = 2, #KEYS do
  if ARGV[i + 1] == '' then redis.call('DEL', KEYS[i])
  else redis.call('SET', KEYS[i], ARGV[i + 1]) end
end
redis.call('SET', KEYS[1], ARGV[2])
return ARGV[2]`;

export type RedisCopyOptions = {
  redis: Redis;
  /** Redis's address, for messages. */
  address: string;
  topicId: (topic: string) => Promise<string>;
  recordMaxBytes: number;
};
export type RedisSinkOptions = RedisCopyOptions & {
  bootstrap: string;
  space: string;
  slot?: number;
  say: Say;
};

const batchMaxRecords = 500;
const offsetKey = (part: string): string => `offset:${part}`;
const gone = Buffer.alloc(0);

type Place = { id: string; next: number };
const write = ({ id, next }: Place): string => (next === 0 ? "" : `${id} ${next}`);

/** One life of the sink: one connection to Redis, until it is lost or Redis is found emptied. */
export class RedisCopy {
  readonly #options: RedisCopyOptions;
  readonly #places = new Map<string, Place>();
  /** When each customer's tombstone came, ms: an older score that is read later stays out. */
  readonly #erased = new Map<string, number>();
  #unsure = false;
  /** Set when offsets have vanished or moved back: this life ends, the next begins from Redis. */
  stale = false;

  constructor(options: RedisCopyOptions) {
    this.#options = options;
  }

  startAt = async (parts: { topic: string; partition: number }[]) => {
    const start = new Map<string, number>();
    for (const { topic, partition } of parts) {
      const id = await this.#options.topicId(topic);
      const place = await this.#read(partKey(topic, partition), id);
      this.#places.set(partKey(topic, partition), place);
      start.set(partKey(topic, partition), place.next);
    }
    return start;
  };

  async #read(part: string, id: string): Promise<Place> {
    const at = await this.#asking(() => this.#options.redis.get(offsetKey(part)));
    const [found, next] = (at ?? "").split(" ");
    if (found === id) return { id, next: Number(next) };
    if (found !== "") await this.#asking(() => this.#options.redis.del(offsetKey(part)));
    return { id, next: 0 };
  }

  async #asking<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch {
      throw failure("REDIS_UNREACHABLE", this.#options.address);
    }
  }

  handle = async (batch: readonly Received[]): Promise<void> => {
    const byPart = Map.groupBy(batch, (r) => partKey(r.topic.name, r.partition));
    if (this.#unsure) for (const part of byPart.keys()) await this.#catchUp(part);
    this.#unsure = true;
    for (const [part, records] of byPart) if (!(await this.#copy(part, records))) return;
    this.#unsure = false;
  };

  async #catchUp(part: string): Promise<void> {
    const place = this.#places.get(part)!;
    const now = await this.#read(part, place.id);
    if (now.next < place.next) this.stale = true;
    this.#places.set(part, now);
  }

  /** False: Redis is not as this sink knew it. Nothing was changed for this partition. */
  async #copy(part: string, records: Received[]): Promise<boolean> {
    const place = this.#places.get(part)!;
    const fresh = records.filter((r) => r.offset >= place.next);
    if (fresh.length === 0) return !this.stale;
    const next = { id: place.id, next: fresh[fresh.length - 1].offset + 1 };
    const values = this.#valuesOf(fresh);
    const keys = [offsetKey(part), ...values.keys()];
    const args = [write(place), write(next), ...values.values()];
    const { redis } = this.#options;
    const at = await this.#asking(() => redis.eval(script, keys.length, ...keys, ...args));
    if (String(at) === write(next)) {
      this.#places.set(part, next);
      return true;
    }
    await this.#catchUp(part);
    return this.stale ? false : this.#copy(part, records);
  }

  #valuesOf(records: Received[]): Map<string, Buffer> {
    const values = new Map<string, Buffer>();
    for (const record of records) {
      const admission = admit(record.topic, record, this.#options.recordMaxBytes);
      // Whoever made the record unusable is named by the Postgres sink.
      if (admission.reason !== undefined) continue;
      const id = record.key as string;
      const kind = kinds[record.topic.name];
      if (record.value !== null) {
        if (record.appendTime > (this.#erased.get(id) ?? 0))
          values.set(copyKey(kind, id), record.value);
      } else if (kind === "customer") {
        this.#erased.set(id, record.appendTime);
        for (const each of copyKinds) values.set(copyKey(each, id), gone);
      } else values.set(copyKey(kind, id), gone);
    }
    return values;
  }
}

/** Waits until Redis answers; the connection itself says when it is lost and when it is back. */
const answering = async (redis: Redis, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    const answer = await redis.ping().catch(() => undefined);
    if (answer !== undefined) return;
    await delay(50, undefined, { signal }).catch(() => {});
  }
};

/** Keeps the copy until the signal; fills it anew whenever Redis is found emptied. */
export const openRedisSink = (
  options: RedisSinkOptions,
): { run: (signal: AbortSignal) => Promise<void> } => ({
  run: async (signal) => {
    const { bootstrap, space, slot, redis, say } = options;
    while (!signal.aborted) {
      await answering(redis, signal);
      if (signal.aborted) return;
      const life = new AbortController();
      const end = () => life.abort();
      signal.addEventListener("abort", end);
      // A new connection may be to an emptied Redis: begin from what its offsets say.
      redis.on("ready", end);
      const copy = new RedisCopy(options);
      const handle = async (batch: Received[]) => {
        await copy.handle(batch);
        if (copy.stale) end();
      };
      const { startAt } = copy;
      const group = "redis-sink-group";
      const maxBatch = batchMaxRecords;
      const reader = openReader({
        bootstrap,
        space,
        group,
        topics,
        slot,
        startAt,
        handle,
        maxBatch,
      });
      try {
        await reader.run(life.signal);
        if (copy.stale) say("Redis was emptied; its copy is being filled again.");
      } catch (thrown) {
        if (!signal.aborted && (thrown as { code?: string }).code !== "REDIS_UNREACHABLE")
          throw thrown;
      } finally {
        signal.removeEventListener("abort", end);
        redis.off("ready", end);
      }
    }
  },
});
