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
  type WarningFigures,
  type Watch,
  warnings,
} from "./warnings.ts";
import { numberText, pointsText, type Section, shareText, whole } from "./words.ts";

type Shelf = ReturnType<typeof modelShelf>;

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

type Levels = { high: Watch; medium: Watch };

/** One seed's lives through the line, scored by the shipped model. */
const watch = (seed: number, { customers, days }: Lives, shelf: Shelf): Levels => {
  const until = firstDay + days * DAY_MS;
  const lives = people(seed, customers);
  const truths: Truth[] = [];
  const flags = { high: new Map<string, number[]>(), medium: new Map<string, number[]>() };
  const told = function* (): Generator<SimulatedEvent> {
    for (const event of history(seed, lives, firstDay, until)) {
      if (event.topic.name === simulationTruth.name) truths.push(event.value as Truth);
      else yield event;
    }
  };
  const flag = (of: Map<string, number[]>, customer: string, at: number): void => {
    const list = of.get(customer);
    if (list) list.push(at);
    else of.set(customer, [at]);
  };
  const documents = [document("scoring"), document("model")];
  takePredictions(told(), shelf, documents, ({ customer_id, risk_level, event_time }) => {
    if (risk_level === "LOW") return;
    const at = timeMs(event_time);
    flag(flags.medium, customer_id, at);
    if (risk_level !== "MEDIUM") flag(flags.high, customer_id, at);
  });
  const shared = {
    from: firstDay + warmUpDays * DAY_MS,
    until,
    customers: lives.map(({ customer_id }) => customer_id),
    tales: talesOf(truths),
  };
  return { high: { ...shared, flags: flags.high }, medium: { ...shared, flags: flags.medium } };
};

const storyRow = ({ story, begun, counted, flagged, leadDays }: StoryFigures): string[] => [
  story.replaceAll("_", " "),
  whole(begun),
  whole(counted),
  shareText(flagged),
  numberText(leadDays),
];

const aboutLines = ({ seeds, customers, days }: Lives, model: string): string[] => [
  `**Simulated data.** ${whole(seeds.length * customers)} simulated people of seeds ` +
    `${seeds.join(", ")} over ${days} days, the first ${warmUpDays} not counted, ` +
    `scored by the shipped model \`${model}\`, which has seen none of them.`,
  "",
  "Flagged is a score of HIGH or above: for a story of risk from its start to before the first",
  `missed payment, for a look-alike within ${lookAlikeDays} days of its start. Counted are stories`,
  "of risk in which a payment was missed, and look-alikes in which none was, that began and ended",
  "while watched.",
];

const falseAlarmText = (figures: WarningFigures): string =>
  `${numberText(figures.falseAlarms)} per 1,000 healthy customers and month`;

/** How the interval of the false alarms is found: see `rate`. */
export const alarmMethod = ({ falseAlarms }: Pick<WarningFigures, "falseAlarms">): string =>
  falseAlarms?.value === 0 ? "the exact Poisson limit of Garwood" : "bootstrap";

/** Simulated people through the line, judged by what the simulator alone knows. */
export const simulatorResults = (
  modelsFolder: string,
  say: (line: string) => void,
  lives: Lives = evaluationLives,
): Section => {
  const shelf = modelShelf([modelsFolder]);
  const { name, version } = document("model") as ModelPolicy;
  const watches = lives.seeds.map((seed) => {
    const found = watch(seed, lives, shelf);
    say(`Seed ${seed}: ${found.high.tales.length} stories of ${lives.customers} simulated people`);
    return found;
  });
  const high = warnings(watches.map((one) => one.high));
  const medium = warnings(watches.map((one) => one.medium));
  const rows = [...high.stories, high.allRisks, high.allLookAlikes];
  return {
    figures: { high, medium },
    lines: [
      ...aboutLines(lives, `${name}-${version}`),
      "",
      tableOf(
        ["story", "begun", "counted", "flagged (95 %)", "median lead, days (95 %)"],
        rows.map(storyRow),
      ),
      "",
      `Risks are flagged more often than look-alikes by ${pointsText(high.gap)} points (95 %, ` +
        "Newcombe).",
      "",
      `False alarms: ${falseAlarmText(high)} (95 %, ${alarmMethod(high)}, over ` +
        `${whole(high.healthy)} customers without any story, ` +
        `${whole(Math.round(high.healthyMonths))} months). An alarm is a flag after ` +
        `${quietDays} days without one.`,
      "",
      `From MEDIUM on, where a gentle reminder is sent: ${shareText(medium.allRisks.flagged)} of ` +
        `the risks and ${shareText(medium.allLookAlikes.flagged)} of the look-alikes, a median ` +
        `lead of ${numberText(medium.allRisks.leadDays)} days, ${falseAlarmText(medium)}.`,
    ],
  };
};
