import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../config.ts";
import { type ModelPolicy, type PolicyDocument, policies } from "../../events/policy.ts";
import { lookAlikes, type Truth } from "../../events/simulation.ts";
import { timeMs } from "../../events/time.ts";
import { simulationTruth } from "../../events/topics.ts";
import { history } from "../../ingest/simulate/history.ts";
import type { SimulatedEvent } from "../../ingest/simulate/journal.ts";
import { people } from "../../ingest/simulate/people.ts";
import { modelShelf } from "../../models.ts";
import { DAY_MS } from "../../rules/calendar.ts";
import { tableOf } from "../documents.ts";
import { takePredictions } from "../feature-vectors.ts";
import {
  lookAlikeDays,
  quietDays,
  type StoryFigures,
  type Tale,
  type Watch,
  warnings,
} from "./warnings.ts";
import { numberText, pointsText, type Section, shareText, whole } from "./words.ts";

/** How many lives are watched. The seeds are none of those that a model was trained on. */
export type Lives = { seeds: readonly number[]; customers: number; days: number };
export const evaluationLives: Lives = { seeds: [301, 302, 303, 304], customers: 500, days: 240 };

const firstDay = Date.UTC(2027, 0, 4);
const warmUpDays = 45;

const document = (name: string): PolicyDocument =>
  policies.read(readFileSync(join(root, "policies", `${name}.json`)));

/** The last word on each story of each customer. */
const talesOf = (truths: readonly Truth[]): Tale[] => {
  const tales = new Map<string, Tale>();
  for (const { customer_id, story, starts_at, first_missed_payment: missed, fault } of truths) {
    if (story === "healthy" || !starts_at || fault) continue;
    tales.set(`${customer_id} ${starts_at}`, {
      customer_id,
      story,
      isLookAlike: (lookAlikes as readonly string[]).includes(story),
      startsAt: timeMs(starts_at),
      missedAt: missed ? timeMs(missed) : undefined,
    });
  }
  return [...tales.values()];
};

/** One seed's lives through the line, scored by the shipped model. */
const watch = (
  seed: number,
  { customers, days }: Lives,
  shelf: ReturnType<typeof modelShelf>,
): Watch => {
  const until = firstDay + days * DAY_MS;
  const lives = people(seed, customers);
  const truths: Truth[] = [];
  const flags = new Map<string, number[]>();
  const told = function* (): Generator<SimulatedEvent> {
    for (const event of history(seed, lives, firstDay, until)) {
      if (event.topic.name === simulationTruth.name) truths.push(event.value as Truth);
      else yield event;
    }
  };
  const documents = [document("scoring"), document("model")];
  takePredictions(told(), shelf, documents, ({ customer_id, risk_level, event_time }) => {
    if (risk_level !== "HIGH" && risk_level !== "CRITICAL") return;
    const list = flags.get(customer_id);
    if (list) list.push(timeMs(event_time));
    else flags.set(customer_id, [timeMs(event_time)]);
  });
  return {
    from: firstDay + warmUpDays * DAY_MS,
    until,
    customers: lives.map(({ customer_id }) => customer_id),
    tales: talesOf(truths),
    flags,
  };
};

const storyRow = ({ story, begun, counted, flagged, leadDays }: StoryFigures): string[] => [
  story.replaceAll("_", " "),
  whole(begun),
  whole(counted),
  shareText(flagged),
  numberText(leadDays),
];

/** Simulated people through the line, judged by what the simulator alone knows. */
export const simulatorResults = (
  modelsFolder: string,
  say: (line: string) => void,
  lives: Lives = evaluationLives,
): Section => {
  const shelf = modelShelf([modelsFolder]);
  const { version } = document("model") as ModelPolicy;
  const watches = lives.seeds.map((seed) => {
    const found = watch(seed, lives, shelf);
    say(`Seed ${seed}: ${found.tales.length} stories of ${lives.customers} simulated people`);
    return found;
  });
  const figures = warnings(watches);
  const rows = [...figures.stories, figures.allRisks, figures.allLookAlikes];
  return {
    figures,
    lines: [
      `**Simulated data.** ${whole(lives.seeds.length * lives.customers)} simulated people of seeds ` +
        `${lives.seeds.join(", ")} over ${lives.days} days, the first ${warmUpDays} not counted, ` +
        `scored by the shipped model \`delinquency-${version}\`, which has seen none of them.`,
      "",
      "Flagged is a score of HIGH or above: for a story of risk from its start to before the first",
      `missed payment, for a look-alike within ${lookAlikeDays} days of its start. Counted are stories`,
      "of risk in which a payment was missed, and look-alikes in which none was, that began and ended",
      "while watched.",
      "",
      tableOf(
        ["story", "begun", "counted", "flagged (95 %)", "median lead, days (95 %)"],
        rows.map(storyRow),
      ),
      "",
      `Risks are flagged more often than look-alikes by ${pointsText(figures.gap)} points (95 %, ` +
        "Newcombe).",
      "",
      `False alarms: ${numberText(figures.falseAlarms)} per 1,000 healthy customers and month (95 %, ` +
        `bootstrap over ${whole(figures.healthy)} customers without any story, ` +
        `${whole(Math.round(figures.healthyMonths))} months). An alarm is a flag after ${quietDays} ` +
        "days without one.",
    ],
  };
};
