import { DAY_MS } from "../../rules/calendar.ts";
import { usual } from "./course.ts";
import { type Day, isMonthDay, isPayday, nextMonthDay, type ZoneOffsets } from "./days.ts";
import { collect, collectAgainAfterDays, countDays, payBill, payByHand } from "./dues.ts";
import { habits } from "./habits.ts";
import type { Intent, Journal } from "./journal.ts";
import type { DebtState, Life } from "./life.ts";
import { bookPenalties, moveExtra, moveTo, receivePay, spend } from "./money.ts";
import type { Story } from "./stories.ts";

/** The day of one life in the making. Local hours are turned into times of this UTC day. */
class DayPlan {
  readonly life: Life;
  readonly day: Day;
  readonly #intents: Intent[];
  readonly #offsetSeconds: number;

  constructor(life: Life, day: Day, offsetMinutes: number, intents: Intent[]) {
    this.life = life;
    this.day = day;
    this.#intents = intents;
    this.#offsetSeconds = offsetMinutes * 60;
  }

  /** Whole seconds; an hour that lies on the neighbouring UTC day wraps round into this one. */
  at(localHour: number): number {
    const seconds = Math.floor(localHour * 3_600) - this.#offsetSeconds;
    return this.day.start + (((seconds % 86_400) + 86_400) % 86_400) * 1_000;
  }

  add(localHour: number, run: (journal: Journal, at: number) => void): void {
    const at = this.at(localHour);
    this.#intents.push({ at, run: (journal) => run(journal, at) });
  }

  /** Before everything else of the day. */
  first(run: (journal: Journal, at: number) => void): void {
    const at = this.day.start;
    this.#intents.push({ at, run: (journal) => run(journal, at) });
  }
}

/** Stories strike `surge` times as often as usual. */
export const planDay = (
  life: Life,
  day: Day,
  offsets: ZoneOffsets,
  surge: number,
  intents: Intent[],
): void => {
  const plan = new DayPlan(life, day, offsets.minutes(life.person.zone, day), intents);
  planStory(plan, surge);
  planPay(plan);
  planPenalties(plan);
  for (const state of life.debts) planDebt(plan, state);
  planBills(plan);
  if (life.person.joint !== undefined) planJoint(plan);
  planSavings(plan);
  planSpending(plan);
};

/** The story that begins today, if one does. */
const storyToday = (life: Life, surge: number): Story | undefined => {
  const { random, chances } = life;
  const drawn = random.unit();
  const risk = chances.riskPerDay * surge;
  if (drawn >= risk + chances.likenessPerDay || life.trouble || life.inArrears) return undefined;
  const { story } = random.weighted(drawn < risk ? chances.risks : chances.likenesses);
  return (story.fits?.(life) ?? true) ? story : undefined;
};

const planStory = (plan: DayPlan, surge: number): void => {
  const { life, day } = plan;
  const { trouble } = life;
  const story = storyToday(life, surge);
  if (story) plan.first((journal, at) => begin(life, at, day.number, story, journal));
  if (!trouble) return;
  const age = day.number - trouble.startDay;
  if (!trouble.over && trouble.course && age >= trouble.course.days) {
    trouble.over = true;
    const amount = Math.round(trouble.course.relief * life.person.monthly);
    if (amount > 0) life.pays.push({ day: day.number, amount, category: "salary" });
  }
  life.effects = trouble.over || !trouble.course ? usual : trouble.course.effects(age);
  if (!trouble.over)
    for (const extra of trouble.course?.agenda?.on(age - 1) ?? [])
      plan.add(extra.hour, (journal, at) => moveExtra(life, at, extra, journal));
  if (trouble.over && !life.inArrears)
    plan.first((journal, at) => {
      journal.truth(life, at, trouble, true);
      life.trouble = undefined;
    });
};

/** A story begins in this life; `course` where it is not the story's usual one. */
export const begin = (
  life: Life,
  at: number,
  today: number,
  story: Story,
  journal: Journal,
  course = story.begin(life.random, life),
): void => {
  const peaksAt = course.peak === 0 ? at : (today + course.peak) * DAY_MS;
  const rest = { firstMissed: undefined, over: false };
  life.trouble = { name: story.name, startsAt: at, startDay: today, course, peaksAt, ...rest };
  life.effects = course.effects(0);
  journal.truth(life, at, life.trouble, false);
  const { partner } = life;
  if (story.name === "divorce" && partner && !partner.trouble && !partner.inArrears)
    begin(partner, at, today, story, journal);
};

const planPay = (plan: DayPlan): void => {
  const { life, day } = plan;
  const { person, random, effects } = life;
  if (isPayday(life.cadence, person.cadenceShift, day, life.business)) {
    const full = life.pay * Math.max(0.3, 1 + person.payNoise * random.normal());
    const expect = (share: number, delay: number, category: "salary" | "benefit") => {
      if (share <= 0) return;
      const amount = Math.round(full * share);
      life.pays.push({ day: life.business.after(day.number, delay), amount, category });
    };
    expect(effects.pay, effects.payDelay, "salary");
    expect(effects.benefit, 0, "benefit");
  }
  for (let i = life.pays.length - 1; i >= 0; i--) {
    const pay = life.pays[i];
    if (pay.day > day.number) continue;
    life.pays.splice(i, 1);
    const hour = 6 + (person.index % 40) / 10 + random.between(0, 0.3);
    plan.add(hour, (journal, at) => receivePay(life, at, pay, journal));
  }
};

const planPenalties = (plan: DayPlan): void => {
  const { life } = plan;
  if (life.penalties === 0) return;
  const count = Math.min(2, life.penalties);
  life.penalties = 0;
  plan.add(5 + life.random.unit(), (journal, at) => bookPenalties(life, at, count, journal));
};

const planDebt = (plan: DayPlan, state: DebtState): void => {
  const { life, day } = plan;
  const { person, random } = life;
  const { debt } = state;
  if (state.defaulted) return;
  if (state.unpaid.length > 0 && day.number > state.unpaid[0].due)
    plan.add(4.5, (journal, at) => countDays(life, at, day.number, state, journal));
  if (day.number === state.nextDue) {
    const forgotten = !debt.automatic && random.chance(person.forgetful);
    const byHandFrom = day.number + (forgotten ? random.whole(3, 10) : 0);
    state.unpaid.push({ due: day.number, missed: false, byHandFrom });
    state.nextDue = nextMonthDay(debt.day, day.number);
  }
  for (const one of state.unpaid) {
    const late = day.number - one.due;
    if (debt.automatic && (late === 0 || collectAgainAfterDays.includes(late)))
      plan.add(6.2 + 0.3 * random.unit(), (journal, at) => collect(life, at, state, one, journal));
    if ((late > 0 || !debt.automatic) && day.number >= one.byHandFrom)
      plan.add(17 + 4 * random.unit(), (journal, at) => payByHand(life, at, state, one, journal));
  }
};

const planBills = (plan: DayPlan): void => {
  const { life, day } = plan;
  const { random, effects } = life;
  for (const bill of life.contracts) {
    if (!isMonthDay(bill.day, day)) continue;
    const wait = bill.automatic
      ? life.business.onOrAfter(day.number) - day.number
      : random.whole(0, 3) + random.whole(0, effects.billDelay);
    life.bills.push({ bill, due: day.number, on: day.number + wait, tries: 0 });
  }
  for (const open of life.bills) {
    if (open.on > day.number) continue;
    const hour = open.bill.automatic ? 6.3 + random.unit() : 17 + 5 * random.unit();
    plan.add(hour, (journal, at) => payBill(life, at, day.number, open, journal));
  }
};

/** What will be collected tomorrow and on the two days after. */
const collectedSoon = (life: Life, today: number): number => {
  let sum = 0;
  for (const state of life.debts)
    if (state.nextDue - today <= 3 && state.debt.automatic) sum += state.debt.instalment;
  for (const open of life.bills) if (open.on - today <= 3) sum += open.bill.amount;
  return Math.max(0, sum - life.joint);
};

/** The day after pay, the household's account gets what is collected from it until the next. */
const planJoint = (plan: DayPlan): void => {
  const { life, day } = plan;
  if (life.paidOn !== day.number - 1) return;
  const monthly = life.contracts.reduce((sum, bill) => sum + (bill.automatic ? bill.amount : 0), 0);
  const until = Math.round((monthly * life.pay) / life.person.monthly);
  plan.add(6.1, (journal, at) => moveTo("joint", life, at, until, journal));
};

const planSavings = (plan: DayPlan): void => {
  const { life, day } = plan;
  const { person, random } = life;
  if (person.savings === undefined) return;
  const round = (amount: number) => Math.ceil(amount / person.country.note) * person.country.note;
  const surplus = life.current - person.monthly;
  if (life.paidOn === day.number - 1 && surplus > 0.05 * person.monthly) {
    const amount = round(0.8 * surplus);
    plan.add(8 + 2 * random.unit(), (journal, at) => moveTo("savings", life, at, amount, journal));
  } else if (life.savings > 0 && life.current < 0.6 * person.monthly) {
    const wanted = 0.12 * person.monthly + collectedSoon(life, day.number);
    if (life.current >= wanted || random.chance(0.04)) return;
    const amount = -round(wanted - life.current + 0.1 * person.monthly);
    plan.add(7 + 2 * random.unit(), (journal, at) => moveTo("savings", life, at, amount, journal));
  }
};

const sunday = 7;
const weekdayFactor = [0, 0.95, 0.92, 0.95, 1, 1.15, 1.25, 0.78];
const cashHabit = habits.findIndex((habit) => habit.category === "cash");

const planSpending = (plan: DayPlan): void => {
  const { life, day } = plan;
  const { random, effects } = life;
  const { spending } = life.person;
  const weekday = life.business.isHoliday(day.number) ? sunday : day.weekday;
  const count = random.poisson(spending.perDay * weekdayFactor[weekday]);
  for (let n = 0; n < count; n++) planPurchase(plan, spending.draw[random.word() & 63]);
  if (effects.cash > 1 && random.chance(0.15 * (effects.cash - 1))) planPurchase(plan, cashHabit);
};

const planPurchase = (plan: DayPlan, index: number): void => {
  const { life } = plan;
  const { person, random, effects } = life;
  const habit = habits[index];
  const median = person.spending.median[index] || 0.01 * person.monthly;
  const lavish = life.current > (person.savings ? 1.2 : 0.8) * person.monthly ? 1.3 : 1;
  let amount = Math.round(
    median * Math.exp(habit.spread * random.normal()) * effects.spending * lavish,
  );
  const { note } = person.country;
  if (index === cashHabit) amount = Math.max(1, Math.round(amount / note)) * note;
  if (amount < 50) amount = 50;
  const merchants = person.spending.merchants[index];
  const merchant = merchants[random.word() % merchants.length];
  const [from, to] = habit.hours;
  const hour = from + (to - from) * 0.5 * (random.unit() + random.unit());
  plan.add(hour, (journal, at) => spend(life, at, habit, merchant, amount, journal));
};

export const endOf = (day: Day): number => day.start + DAY_MS;
