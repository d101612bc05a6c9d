import type pg from "pg";
import { deadLetters } from "../../events/topics.ts";
import type { RawMessage } from "../../stream/kafka.ts";
import { redriveOfHeader } from "../../stream/redrive.ts";
import type { KnownTopic } from "../topics/known.ts";
import { type Found, placeOf, type Records, type Spot } from "./records.ts";
import { attemptsOf, redrivenAt } from "./tables.ts";

/** What a record caused, and until when whoever wrote it was busy with what came before. */
export type Effect = { readonly found: Found; readonly freeAt: number | undefined };

const effectsMost = 40;
const slackMs = 1_000;
/** From when a record is known to have gone back, for a round of them to be read and sent. */
const redriveSlackMs = 10_000;

type Dead = { topic?: string; partition?: number; offset?: number };

/** Where the record lay that a dead letter is a copy of. */
const deadSpot = (records: Records, message: RawMessage): Spot | undefined => {
  const bytes = message.headers?.find((one) => "dead" in one)?.dead;
  if (bytes === undefined) return undefined;
  try {
    const { topic, partition, offset } = JSON.parse(bytes.toString("utf8")) as Dead;
    return records.spotOf(`${topic}-${partition}-${offset}`);
  } catch {
    return undefined;
  }
};

/** Where the dead letter lies that this record was, before somebody put it back. */
const redriveSpot = (records: Records, { headers }: Found["kept"]): Spot | undefined => {
  const bytes = headers?.find((one) => redriveOfHeader in one)?.[redriveOfHeader];
  return bytes && records.spotOf(bytes.toString("utf8"));
};

/**
 * The record that caused this one, by its header; of a dead letter, the record that it copies; of a
 * record that was put back, the dead letter.
 */
export const causeSpot = (records: Records, { topic, kept, header }: Found): Spot | undefined => {
  if (topic === deadLetters.name) return deadSpot(records, kept);
  return redriveSpot(records, kept) ?? (header && records.spotOf(header.origin));
};

/** What a record became that went back after it could not be used: it waited for a person. */
export const redrivenFrom = async (
  records: Records,
  pool: pg.Pool,
  letter: Found,
): Promise<Effect[]> => {
  const place = placeOf(letter);
  const at = await redrivenAt(pool, records.desk.fullName(place));
  const refused = letter.topic === deadLetters.name ? deadSpot(records, letter.kept) : letter;
  const about = refused && records.desk.topics.get(refused.topic);
  if (at === undefined || about === undefined) return [];
  // An edit may have brought it under another key, and so to another partition.
  const found = await records.anywhereAfter(about, at.getTime() - redriveSlackMs, ({ kept }) => {
    const spot = redriveSpot(records, kept);
    return spot !== undefined && placeOf(spot) === place;
  });
  return found ? [{ found, freeAt: found.kept.timestamp }] : [];
};

/** What may be written because of a record of this topic: by those that read it, by the map. */
const outputsOf = (records: Records, { readers }: KnownTopic): KnownTopic[] => {
  const processors = new Set(
    readers.filter(({ kind }) => kind === "processor").map(({ name }) => name),
  );
  return [...records.desk.topics.values()].filter(
    ({ kind, topic, writers }) =>
      kind !== "changelog" && topic.envelope && writers.some(({ name }) => processors.has(name)),
  );
};

/**
 * What processors wrote because of a record. Each writes what follows from a partition in the order
 * of that partition, so on each topic it is enough to read from when the record was appended until
 * something shows that follows from a later one.
 */
export const effectsOf = async (records: Records, cause: Found): Promise<Effect[]> => {
  const about = records.desk.topics.get(cause.topic);
  if (about === undefined) return [];
  const outputs = outputsOf(records, about);
  const effects: { found: Found; freeAt: number | undefined }[] = [];
  const busy = new Map<string, number>();
  const { key, timestamp } = cause.kept;
  await records.after(outputs, key, timestamp, (topic, message) => {
    const found = records.found(topic, message);
    const spot = causeSpot(records, found);
    const isSameLog = spot?.topic === cause.topic && spot.partition === cause.partition;
    const writer = `${topic} ${found.header?.source}`;
    if (isSameLog && spot.offset > cause.offset) return "enough";
    if (isSameLog && spot.offset === cause.offset) {
      effects.push({ found, freeAt: busy.get(writer) });
      return effects.length >= effectsMost ? "enough" : undefined;
    }
    busy.set(writer, message.timestamp);
    return undefined;
  });
  return effects;
};

const predictionsPlace = /(^|\.)predictions-stream-\d+-\d+$/;

/** Not at the prediction, but at a deadline, or when a result made room for it. */
const isMadeLater = ({ header }: Found): boolean =>
  header !== undefined && !predictionsPlace.test(header.origin);

/**
 * A decision that was put off is made at its deadline, or sooner when a result makes room for it:
 * the header of what follows names that, and only the value the prediction that all of it is about.
 */
export const laterDecisions = async (records: Records, decision: Found): Promise<Effect[]> => {
  const { prediction_id: prediction, not_before: until } = decision.fields;
  const about = records.desk.topics.get(decision.topic);
  const ms = typeof until === "string" ? Date.parse(until) : Number.NaN;
  if (about === undefined || typeof prediction !== "string") return [];
  const since = async (from: number): Promise<Effect[]> => {
    const effects: Effect[] = [];
    await records.after([about], decision.kept.key, from, (topic, message) => {
      const found = records.found(topic, message);
      const isOther = found.offset > decision.offset && isMadeLater(found);
      if (!isOther || found.fields.prediction_id !== prediction) return undefined;
      effects.push({ found, freeAt: found.header?.ingestTime });
      return "enough";
    });
    return effects;
  };
  const { timestamp } = decision.kept;
  const sooner = await since(timestamp);
  if (sooner.length > 0 || !(ms <= Date.now()) || ms - slackMs <= timestamp) return sooner;
  return since(ms - slackMs);
};

/** The notification that a decision made later led to: both name what brought it on. */
export const sentWith = async (records: Records, decision: Found): Promise<Effect[]> => {
  const about = records.desk.topics.get("notifications");
  const { kept, header, fields } = decision;
  if (about === undefined || fields.status !== "triggered" || !isMadeLater(decision)) return [];
  const effects: Effect[] = [];
  await records.after([about], kept.key, kept.timestamp - slackMs, (topic, message) => {
    const found = records.found(topic, message);
    if (found.header?.origin !== header?.origin) return undefined;
    effects.push({ found, freeAt: undefined });
    return "enough";
  });
  return effects;
};

/** What became of a notification. Its sender stands outside Kafka: the values name each other. */
export const resultsOf = async (
  records: Records,
  pool: pg.Pool,
  notification: Found,
): Promise<Effect[]> => {
  const about = records.desk.topics.get("notification-results");
  const id = notification.fields.notification_id;
  if (about === undefined || typeof id !== "string") return [];
  const attempts = await attemptsOf(pool, id);
  const settled = attempts.flatMap(({ settled_at }) => settled_at?.getTime() ?? []);
  const since = Math.max(notification.kept.timestamp, (settled[0] ?? 0) - slackMs);
  const effects: Effect[] = [];
  await records.after([about], notification.kept.key, since, (topic, message) => {
    const found = records.found(topic, message);
    if (found.fields.notification_id !== id) return undefined;
    const freeAt = attempts[effects.length]?.reserved_at.getTime();
    effects.push({ found, freeAt });
    return effects.length >= Math.max(1, attempts.length) ? "enough" : undefined;
  });
  return effects;
};

/** The record that brought this one on, where the header does not say so but the value does. */
export const causeByValue = async (records: Records, found: Found): Promise<Found | undefined> => {
  const { topic, kept, fields, header } = found;
  const wanted = (of: string, field: string, isToo: (one: Found) => boolean = () => true) => {
    const about = records.desk.topics.get(of);
    const id = fields[field];
    if (about === undefined || typeof id !== "string") return undefined;
    const isIt = (one: Found) => one.fields[field] === id && isToo(one);
    return records.before(about, kept.key, kept.timestamp + slackMs, isIt);
  };
  if (topic === "notification-results") return wanted("notifications", "notification_id");
  if (topic === "interventions-stream") {
    const isPutOff = (one: Found) => one.fields.status === "deferred" && one.offset < found.offset;
    const earlier = isMadeLater(found) && (await wanted(topic, "prediction_id", isPutOff));
    return earlier || wanted("predictions-stream", "prediction_id");
  }
  if (topic !== "notifications") return undefined;
  const isSame = (one: Found) => one.header?.origin === header?.origin;
  return wanted("interventions-stream", "intervention_id", isSame);
};
