import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { Say } from "../db.ts";
import { failure } from "../errors.ts";
import { erasureSeenMs } from "../events/customer.ts";
import { customerFeatures, customerUpdates, predictionsStream } from "../events/topics.ts";
import { type CopyKind, copyKey, copyKinds } from "../redis.ts";
import { admit } from "../stream/admit.ts";
import { openReader, partKey, type Received } from "../stream/reader.ts";
import type { Topic } from "../stream/topic.ts";
import { forgottenDigest } from "./forgotten-list.ts";

/**
 * The fast copy: the newest profile, feature vector and score of each customer, as their bytes
 * came.
 *
 * Offsets live in Redis beside the values, and a script changes both or nothing, and only if the
 * offset is where this sink believes it to be. So whoever empties Redis empties the offsets too,
 * and the copy is filled again from the topics' beginnings; and a zombie cannot put an older value
 * over a newer one. A topic made anew has another id, so its old offset counts as none.
 *
 * Who was erased stands there too, by a hash and for as long as the topics keep the tombstone: an
 * older score that is read later stays out, whichever life of the sink, or other sink, reads it.
 */
const kinds: Record<string, CopyKind> = {
  [customerUpdates.name]: "customer",
  [customerFeatures.name]: "features",
  [predictionsStream.name]: "score",
};
const topics = [customerUpdates, customerFeatures, predictionsStream] as unknown as Topic[];

/**
 * KEYS: the offset's; the erased; then of each value its own, and its customer's among the erased.
 * ARGV: the offset before and after; how long an erased one is kept, ms, and how many there are; of
 * each when; then of each value its bytes ("" deletes) and when Kafka took it, ms.
 */
const script = `
local at = redis.call('GET', KEYS[1]) or ''
if at ~= ARGV[1] then return at end
local erased = tonumber(ARGV[4])
for i = 1, erased do redis.call('SET', KEYS[1 + i], ARGV[4 + i], 'PX', ARGV[3]) end
for k = 2 + erased, #KEYS, 2 do
  local value, taken = ARGV[k + 3], tonumber(ARGV[k + 4])
  if value == '' then redis.call('DEL', KEYS[k])
  elseif tonumber(redis.call('GET', KEYS[k + 1]) or 0) < taken then
    redis.call('SET', KEYS[k], value) end
end
redis.call('SET', KEYS[1], ARGV[2])
return ARGV[2]`;

export type RedisCopyOptions = {
  redis: Redis;
  space: string;
  /** Redis's address, for messages. */
  address: string;
  topicId: (topic: string) => Promise<string>;
  recordMaxBytes: number;
};
export type RedisSinkOptions = RedisCopyOptions & {
  bootstrap: string;
  slot?: number;
  say: Say;
};

const batchMaxRecords = 500;
/** The copy is at most so much behind: each partition's part of a batch costs a script. */
const restMs = 100;
const offsetKey = (part: string): string => `offset:${part}`;
const gone = Buffer.alloc(0);

type Place = { id: string; next: number };
/** What records bring about: values by their keys, and who was erased when, ms. */
type Change = {
  values: Map<string, { customer: string; bytes: Buffer; takenAt: number }>;
  erased: Map<string, number>;
};
const write = ({ id, next }: Place): string => (next === 0 ? "" : `${id} ${next}`);

/** One life of the sink: one connection to Redis, until it is lost or Redis is found emptied. */
export class RedisCopy {
  readonly #options: RedisCopyOptions;
  readonly #places = new Map<string, Place>();
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
    const { values, erased } = this.#changeOf(fresh);
    const erasedKey = (customer: string) =>
      `erased:${forgottenDigest(this.#options.space, customer)}`;
    const keys = [offsetKey(part), ...[...erased.keys()].map(erasedKey)];
    const args = [write(place), write(next), erasureSeenMs, erased.size, ...erased.values()];
    const each = [...values].flatMap(([key, { customer }]) => [key, erasedKey(customer)]);
    const told = [...values.values()].flatMap(({ bytes, takenAt }) => [bytes, takenAt]);
    const { redis } = this.#options;
    const at = await this.#asking(() =>
      redis.eval(script, keys.length + each.length, ...keys, ...each, ...args, ...told),
    );
    if (String(at) === write(next)) {
      this.#places.set(part, next);
      return true;
    }
    await this.#catchUp(part);
    return this.stale ? false : this.#copy(part, records);
  }

  #changeOf(records: Received[]): Change {
    const change: Change = { values: new Map(), erased: new Map() };
    const put = (kind: CopyKind, customer: string, bytes: Buffer, takenAt: number) =>
      change.values.set(copyKey(kind, customer), { customer, bytes, takenAt });
    for (const record of records) {
      const admission = admit(record.topic, record, this.#options.recordMaxBytes);
      // Whoever made the record unusable is named by the Postgres sink.
      if (admission.reason !== undefined) continue;
      const { appendTime, value } = record;
      const id = record.key as string;
      const kind = kinds[record.topic.name];
      if (value !== null) put(kind, id, value, appendTime);
      else if (kind === "customer") {
        change.erased.set(id, appendTime);
        for (const each of copyKinds) put(each, id, gone, appendTime);
      } else put(kind, id, gone, appendTime);
    }
    return change;
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
        restMs,
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
