import { dayNumber } from "../events/time.ts";
import { dateOf, monthDay, weekdayOf } from "./calendar.ts";
import { feastDate, feasts } from "./feast-days.ts";
import { holidayRules } from "./holiday-rules.ts";

/** Easter Sunday by the Gregorian calendar: Butcher's algorithm (1876), as in Meeus (1991). */
const easter = (year: number): number => {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const f = Math.floor((b + 8) / 25);
  const g = Math.floor((b - f + 1) / 3);
  const h = (19 * a + b - Math.floor(b / 4) - g + 15) % 30;
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const at = h + l - 7 * m + 114;
  return dayNumber(year, Math.floor(at / 31), (at % 31) + 1);
};

/** Easter Sunday of the Orthodox churches: Meeus's Julian algorithm, 13 days on (1900 to 2099). */
const orthodoxEaster = (year: number): number => {
  const d = (19 * (year % 19) + 15) % 30;
  const e = (2 * (year % 4) + 4 * (year % 7) - d + 34) % 7;
  const at = d + e + 114;
  return dayNumber(year, Math.floor(at / 31), (at % 31) + 1) + 13;
};

const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

type Rule = {
  /** undefined: not in this year, as far as is known. */
  readonly dayIn: (year: number) => number | undefined;
  readonly holdsIn: (year: number) => boolean;
  /** Where it goes from a Saturday and from a Sunday: days back or on at a time; 0: it stays. */
  readonly moves: readonly [saturday: number, sunday: number];
};

const dateIn = (year: number, date: string): number =>
  dayNumber(year, Number(date.slice(0, 2)), Number(date.slice(3)));

/** The day of a feast by its name; undefined for what is no feast. */
const feastIn = (name: string): Rule["dayIn"] | undefined => {
  if (name === "easter") return easter;
  if (name === "orthodox") return orthodoxEaster;
  if (!feasts.some((feast) => feast === name)) return undefined;
  return (year) => {
    const date = feastDate(name, year);
    return date === undefined ? undefined : dateIn(year, date);
  };
};

const dayIn = (when: string): Rule["dayIn"] => {
  const [, name = "", days] = /^([a-z]+)([+-]\d+)$/.exec(when) ?? [];
  const feast = feastIn(name);
  if (feast) {
    return (year) => {
      const day = feast(year);
      return day === undefined ? undefined : day + Number(days);
    };
  }
  const date = /^(?:\d{4}-)?(\d\d)-(\d\d)(?:>(\w{3}))?$/.exec(when);
  if (!date) throw new RangeError(`${when} is no rule for a holiday`);
  const weekday = weekdays.indexOf(date[3]) + 1;
  return (year) => {
    const day = dateIn(year, `${date[1]}-${date[2]}`);
    return weekday === 0 ? day : day + ((weekday - weekdayOf(day) + 7) % 7);
  };
};

const movesOf: Readonly<Record<string, Rule["moves"]>> = {
  substitute: [1, 1],
  monday: [0, 1],
  nearest: [-1, 1],
};

const ruleOf = (text: string): Rule => {
  const [when, ...words] = text.trim().split(" ");
  const after = (word: string) => {
    const at = words.indexOf(word);
    return at < 0 ? undefined : words[at + 1];
  };
  const once = /^\d{4}-/.test(when) ? when.slice(0, 4) : undefined;
  const from = Number(once ?? after("from") ?? 0);
  const to = Number(once ?? after("to") ?? Number.POSITIVE_INFINITY);
  const except = (after("except") ?? "").split(",").map(Number);
  const word = Object.keys(movesOf).find((one) => words.includes(one));
  return {
    dayIn: dayIn(when),
    holdsIn: (year) => year >= from && year <= to && !except.includes(year),
    moves: word === undefined ? [0, 0] : movesOf[word],
  };
};

/** The public holidays of a year, as days, those that move where they were moved to. */
const holidaysIn = (rules: readonly Rule[], year: number): Set<number> => {
  const ofYear = rules
    .filter((rule) => rule.holdsIn(year))
    .flatMap((rule) => {
      const day = rule.dayIn(year);
      return day === undefined ? [] : [{ day, step: rule.moves[weekdayOf(day) - 6] ?? 0 }];
    });
  const days = new Set(ofYear.map(({ day }) => day));
  for (const { day, step } of ofYear.toSorted((a, b) => a.day - b.day)) {
    if (step === 0) continue;
    let to = day + step;
    while (weekdayOf(to) > 5 || days.has(to)) to += step;
    days.add(to);
  }
  return days;
};

/**
 * The days on which the banks of a country work: Monday to Friday without public holidays. Days
 * are whole days since 1970-01-01. Of a country that the rules do not know, no holidays are known.
 */
export class BusinessDays {
  readonly #rules: readonly Rule[];
  readonly #holidays = new Set<number>();
  /** The days up to which holidays are known, so that asking again costs next to nothing. */
  #from = 0;
  #to = -1;

  constructor(country: string) {
    const rules = holidayRules[country];
    this.#rules = rules === undefined ? [] : rules.split(";").map(ruleOf);
  }

  #learn(day: number): void {
    const { year } = dateOf(day);
    const first = this.#to < 0 ? year : Math.min(year, dateOf(this.#from).year);
    const last = this.#to < 0 ? year : Math.max(year, dateOf(this.#to).year);
    // What lies at the turn of a year may be moved into the next one, or back into the last.
    for (let each = first - 1; each <= last + 1; each++)
      for (const holiday of holidaysIn(this.#rules, each)) this.#holidays.add(holiday);
    this.#from = dayNumber(first, 1, 1);
    this.#to = dayNumber(last, 12, 31);
  }

  /** Whether the rules know the country; else every weekday is a business day. */
  get knowsHolidays(): boolean {
    return this.#rules.length > 0;
  }

  isHoliday(day: number): boolean {
    if (!this.knowsHolidays) return false;
    if (day < this.#from || day > this.#to) this.#learn(day);
    return this.#holidays.has(day);
  }

  has(day: number): boolean {
    return weekdayOf(day) <= 5 && !this.isHoliday(day);
  }

  /** Business days after `from` up to and including `to`; 0 if `to` is not later. */
  between(from: number, to: number): number {
    if (to <= from) return 0;
    let days = Math.floor((to - from) / 7) * 5;
    for (let day = from + 7 * Math.floor((to - from) / 7) + 1; day <= to; day++)
      if (weekdayOf(day) <= 5) days++;
    if (!this.knowsHolidays) return days;
    for (let day = from + 1; day <= to; day++)
      if (this.isHoliday(day) && weekdayOf(day) <= 5) days--;
    return days;
  }

  /** The day so many business days after another. */
  after(day: number, count: number): number {
    let at = day;
    for (let left = count; left > 0; ) if (this.has(++at)) left--;
    return at;
  }

  /** The day itself or the first business day after it. */
  onOrAfter(day: number): number {
    let at = day;
    while (!this.has(at)) at++;
    return at;
  }

  /** The day itself or the last business day before it. */
  onOrBefore(day: number): number {
    let at = day;
    while (!this.has(at)) at--;
    return at;
  }

  /** The last business day of a month, counted from year 0 (12 × year + month - 1). */
  lastIn(months: number): number {
    return this.onOrBefore(monthDay(months, 31));
  }
}

const known = new Map<string, BusinessDays>();

/** The business days of a country by its ISO 3166 code, such as CZ; made once. */
export const businessDaysIn = (country: string): BusinessDays => {
  let days = known.get(country);
  if (days === undefined) {
    days = new BusinessDays(country);
    known.set(country, days);
  }
  return days;
};
