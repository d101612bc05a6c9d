import { DAY_MS } from "../../rules/calendar.ts";
import { type Day, dayNumberOf, dayOf, ZoneOffsets } from "./days.ts";
import { delivered, type FaultShares, noFaults } from "./faults.ts";
import { type Intent, Journal, type SimulatedEvent } from "./journal.ts";
import { Life } from "./life.ts";
import { peak, peakTimes, type Stretch } from "./peaks.ts";
import type { Person } from "./people.ts";
import { endOf, planDay } from "./plan.ts";

/**
 * Everything that happens to simulated people, in the order of event time, day by day.
 *
 * A day begins with a plan: for each life the things that will be tried at their times. Then they
 * are run in the order of time over all lives, each on the balance that those before it have left,
 * and what comes of it is told as events. Memory is bounded by one day; where the caller stops and
 * goes on plays no part, so that whoever asks again with the same arguments is told the same.
 *
 * `live` are the stretches of real time in which stories come to a head. Each changes nothing
 * before its own first peak, but for the first: more stories strike in the weeks before it.
 *
 * Faults are shares of what goes wrong on the way; with any, events come in the order of sending.
 */
export const history = (
  seed: number,
  people: readonly Person[],
  from: number,
  to: number,
  live: readonly Stretch[] = [],
  faults: FaultShares = noFaults,
): Generator<SimulatedEvent> => {
  const events = lived(seed, people, from, to, live, faults);
  const inOrder = faults.late === 0 && faults.duplicated === 0 && faults.poison === 0;
  return inOrder ? events : delivered(seed, events, faults, to);
};

const lived = function* (
  seed: number,
  people: readonly Person[],
  from: number,
  to: number,
  live: readonly Stretch[],
  faults: FaultShares,
): Generator<SimulatedEvent> {
  const days = new Days(seed, people, dayNumberOf(from), live, faults);
  for (let number = dayNumberOf(from); number * DAY_MS < to; number++) {
    days.plan(dayOf(number));
    for (let intent = days.next(); intent !== undefined; intent = days.next()) {
      if (intent.at >= to) return;
      intent.run(days.journal);
      const { events } = days.journal;
      for (let n = 0; n < events.length; n++) yield events[n];
      events.length = 0;
    }
  }
};

/** How much more often stories strike in the weeks before real time begins, and in which days. */
const surge = { times: 4, fromDays: 35, toDays: 8 };

class Days {
  readonly journal: Journal;
  readonly #seed: number;
  readonly #lives: readonly Life[];
  readonly #live: readonly Stretch[];
  readonly #firstDay: number;
  readonly #offsets = new ZoneOffsets();
  #queue: Intent[] = [];
  #at = -1;
  #end = 0;
  /** What a day has put off to a later one. */
  #carried: Intent[] = [];

  constructor(
    seed: number,
    people: readonly Person[],
    firstDay: number,
    live: readonly Stretch[],
    faults: FaultShares,
  ) {
    this.#seed = seed;
    this.journal = new Journal(seed, faults, (intent) => this.#later(intent));
    this.#lives = people.map((person) => new Life(seed, person, firstDay));
    for (const life of this.#lives)
      if (life.person.household.partnerIsCustomer)
        life.partner = this.#lives[life.person.index ^ 1];
    this.#live = live;
    this.#firstDay = firstDay;
  }

  /** Lays out the intents of a day in order of time; more may come in while it runs. */
  plan(day: Day): void {
    const end = endOf(day);
    const queue = this.#carried.filter(({ at }) => at < end);
    this.#carried = this.#carried.filter(({ at }) => at >= end);
    this.#queue = queue;
    this.#end = end;
    if (day.number === this.#firstDay) this.#introduce(queue, day);
    for (const life of this.#lives)
      planDay(life, day, this.#offsets, this.#surgeOn(day.number), queue);
    queue.push(...this.#peaksOf(day));
    queue.sort((a, b) => a.at - b.at);
    this.#at = -1;
  }

  next(): Intent | undefined {
    return this.#queue[++this.#at];
  }

  #introduce(queue: Intent[], day: Day): void {
    for (const life of this.#lives)
      queue.push({
        at: day.start,
        run: (journal) => {
          journal.profile(life, day.start);
          journal.truth(life, day.start, undefined, false);
        },
      });
  }

  #surgeOn(day: number): number {
    if (this.#live.length === 0) return 1;
    const before = dayNumberOf(this.#live[0].from) - day;
    return before <= surge.fromDays && before >= surge.toDays ? surge.times : 1;
  }

  *#peaksOf(day: Day): Generator<Intent> {
    const end = endOf(day);
    for (const stretch of this.#live)
      for (const at of peakTimes(stretch)) {
        if (at >= end) break;
        if (at >= day.start)
          yield peak(this.#seed, at, this.#lives, (intent) => this.#later(intent));
      }
  }

  /** Takes in an intent that came up while the day runs. */
  #later(intent: Intent): void {
    if (intent.at >= this.#end) {
      this.#carried.push(intent);
      return;
    }
    let index = this.#at + 1;
    while (index < this.#queue.length && this.#queue[index].at <= intent.at) index++;
    this.#queue.splice(index, 0, intent);
  }
}
