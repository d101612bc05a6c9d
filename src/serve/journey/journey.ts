import type pg from "pg";
import { isoTime } from "../../events/time.ts";
import type { Hop, JourneyAnswer } from "../messages/journey.ts";
import { messageOf } from "../topics/message.ts";
import {
  causeByValue,
  causeSpot,
  type Effect,
  effectsOf,
  laterDecisions,
  redrivenFrom,
  resultsOf,
  sentWith,
} from "./effects.ts";
import { type Found, placeOf, type Records } from "./records.ts";
import { resolve } from "./resolve.ts";
import { endOf, kindOf, saysOf } from "./words.ts";

/** A record on the way, with what it follows from. A deadline has no record of its own. */
type Step = {
  readonly id: string;
  readonly parent: Step | undefined;
  readonly found: Found | undefined;
  readonly state: Hop["state"];
  /** The event time of a deadline, ms. */
  readonly due?: number;
  readonly freeAt: number | undefined;
};

const causesMost = 12;
const stepsMost = 60;
const buildMaxMs = 10_000;

const deadlineIn = (origin: string): number => Number(/-(\d+)$/.exec(origin)?.[1] ?? Number.NaN);

/** A deadline that no earlier record is known to have set. */
const deadline = (origin: string): Step => ({
  id: origin,
  parent: undefined,
  found: undefined,
  state: "timer",
  due: deadlineIn(origin),
  freeAt: undefined,
});

/** From the record back to where its way began: the causes, the first one first. */
const causesOf = async (records: Records, asked: Found): Promise<Step[]> => {
  const chain: Found[] = [asked];
  for (let n = 0; n < causesMost; n++) {
    const [first] = chain;
    const spot = causeSpot(records, first);
    const isOwn = spot !== undefined && placeOf(spot) === placeOf(first);
    if (spot !== undefined && !isOwn) {
      const cause = await records.at(spot);
      if (cause === undefined) {
        const id = placeOf(spot);
        const gone = { id, parent: undefined, found: undefined, freeAt: undefined };
        return linked([{ ...gone, state: "gone" as const }], chain);
      }
      chain.unshift(cause);
      continue;
    }
    const cause = await causeByValue(records, first);
    const origin = first.header?.origin ?? "";
    if (cause) chain.unshift(cause);
    else return linked(origin.startsWith("timer-") ? [deadline(origin)] : [], chain);
  }
  return linked([], chain);
};

const stepOf = ({ found, freeAt }: Effect, parent: Step | undefined): Step => ({
  id: placeOf(found),
  parent,
  found,
  state: found.from,
  freeAt,
});

const linked = (begin: readonly Step[], chain: readonly Found[]): Step[] => {
  const steps = [...begin];
  for (const found of chain) steps.push(stepOf({ found, freeAt: undefined }, steps.at(-1)));
  return steps;
};

/** Everything that follows from a record: what was written because of it, and because of that. */
const nextOf = async (records: Records, pool: pg.Pool, found: Found): Promise<Effect[]> => {
  const effects = await effectsOf(records, found);
  if (found.topic === "interventions-stream") {
    const isPutOff = found.fields.status === "deferred";
    effects.push(...(await (isPutOff ? laterDecisions : sentWith)(records, found)));
  }
  if (found.topic === "notifications") effects.push(...(await resultsOf(records, pool, found)));
  effects.push(...(await redrivenFrom(records, pool, found)));
  return effects.sort(inOrder);
};

/** Topics are read side by side, in any order: the same question gets the same answer. */
const inOrder = ({ found: a }: Effect, { found: b }: Effect): number =>
  a.kept.timestamp - b.kept.timestamp || a.topic.localeCompare(b.topic) || a.offset - b.offset;

type Built = { steps: Step[]; notes: string[]; leaves: Set<string> };

const build = async (records: Records, pool: pg.Pool, asked: Found): Promise<Built> => {
  const causes = await causesOf(records, asked);
  const steps = new Map(causes.slice(0, 1).map((step) => [step.id, step]));
  const notes: string[] = [];
  const leaves = new Set<string>();
  const until = performance.now() + buildMaxMs;
  const add = (step: Step) => {
    if (!steps.has(step.id)) steps.set(step.id, step);
  };
  for (const step of steps.values()) {
    if (steps.size >= stepsMost || performance.now() > until) {
      notes.push("There is more than is shown: the search was ended at a bound.");
      break;
    }
    const before = steps.size;
    if (step.found)
      for (const effect of await nextOf(records, pool, step.found)) add(stepOf(effect, step));
    // A cause whose effects lie too far behind it to be found from there is known all the same.
    const onTheWay = causes[causes.findIndex(({ id }) => id === step.id) + 1];
    if (onTheWay?.parent?.id === step.id) add({ ...onTheWay, parent: step });
    if (steps.size === before) leaves.add(step.id);
  }
  for (const { state, id } of steps.values())
    if (state === "gone") notes.push(`${id} has left Kafka, and is not in the archive either.`);
    else if (state === "archive") notes.push(`${id} has left Kafka and was read from the archive.`);
  return { steps: [...steps.values()], notes, leaves };
};

/** Of what a deadline brought on, its header says when the deadline was known to be reached. */
const beganAt = ({ parent, found, due }: Step): number | undefined =>
  parent?.found?.kept.timestamp ?? found?.header?.ingestTime ?? due;

/** How long a record waited and was worked on, ms; null: nobody knows. */
const timesOf = (step: Step): Pick<Hop, "waiting_ms" | "working_ms"> => {
  const began = beganAt(step);
  const { found, parent, freeAt } = step;
  if (found === undefined || began === undefined) return { waiting_ms: null, working_ms: null };
  const whole = Math.max(0, found.kept.timestamp - began);
  if (parent?.found === undefined) return { waiting_ms: 0, working_ms: whole };
  const waiting = Math.min(whole, Math.max(0, (freeAt ?? began) - began));
  return { waiting_ms: waiting, working_ms: whole - waiting };
};

const isoOrNull = (ms: number | undefined): string | null =>
  ms === undefined || !(Math.abs(ms) <= 8.64e15) ? null : isoTime(ms);

const hopOf = async (records: Records, step: Step, isLeaf: boolean): Promise<Hop> => {
  const { id, parent, found, state, due } = step;
  const about = found && records.desk.about(found.topic);
  const [by, version] = found?.header?.source.split("@") ?? [];
  return {
    id,
    parent: parent?.id ?? null,
    main: false,
    asked: false,
    slowest: false,
    state,
    topic: found?.topic ?? null,
    partition: found?.partition ?? null,
    offset: found?.offset ?? null,
    says: found ? saysOf(found) : state === "timer" ? "A deadline was reached" : "No longer kept",
    by: by ?? null,
    version: version ?? null,
    began_at: isoOrNull(beganAt(step)),
    append_at: isoOrNull(found?.kept.timestamp),
    event_at: isoOrNull(found?.header?.eventTime ?? due),
    ...timesOf(step),
    ended: found ? await endOf(records, found, isLeaf) : null,
    message: found && about ? messageOf(about, records.desk, found.kept) : null,
  };
};

/** The way that leads through the asked record: its causes, and the longest way on. */
const mainWay = (steps: readonly Step[], asked: string): Set<string> => {
  const way = new Set<string>();
  for (let at = steps.find(({ id }) => id === asked); at; at = at.parent) way.add(at.id);
  const depthOf = (id: string): number =>
    Math.max(0, ...steps.filter((one) => one.parent?.id === id).map((one) => 1 + depthOf(one.id)));
  for (let at: string | undefined = asked; at !== undefined; ) {
    const next: Step[] = steps.filter((one) => one.parent?.id === at);
    at = next.sort((a, b) => depthOf(b.id) - depthOf(a.id))[0]?.id;
    if (at !== undefined) way.add(at);
  }
  return way;
};

const wholeMs = ({ waiting_ms, working_ms }: Hop): number => (waiting_ms ?? 0) + (working_ms ?? 0);

/**
 * The way of the record that an id names. Throws RECORD_UNKNOWN, RECORD_GONE, READ_MODEL_AWAY,
 * TOPICS_AWAY.
 */
export const readJourney = async (
  records: Records,
  pool: pg.Pool,
  id: string,
): Promise<JourneyAnswer> => {
  const asked = await resolve(records, pool, id);
  const { steps, notes, leaves } = await build(records, pool, asked);
  const way = mainWay(steps, placeOf(asked));
  const hops: Hop[] = [];
  for (const step of steps) {
    const hop = await hopOf(records, step, leaves.has(step.id));
    hops.push({ ...hop, main: way.has(hop.id), asked: hop.id === placeOf(asked) });
  }
  const slowest = hops.reduce((most, hop) => (wholeMs(hop) > wholeMs(most) ? hop : most), hops[0]);
  if (wholeMs(slowest) > 0) slowest.slowest = true;
  const times = hops.flatMap(({ began_at, append_at }) => [began_at, append_at]);
  const known = times.filter((time) => time !== null).sort();
  const customer = asked.fields.customer_id;
  return {
    id,
    kind: kindOf(asked),
    customer_id: typeof customer === "string" ? customer : null,
    hops,
    began_at: known[0] ?? null,
    ended_at: known.at(-1) ?? null,
    notes,
  };
};
