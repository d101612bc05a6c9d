import type { Movement } from "./journal.ts";

/** What a story changes in a life on one day. */
export type Effects = {
  /** Share of the usual pay that comes on a payday. */
  readonly pay: number;
  /** Business days by which pay comes late. */
  readonly payDelay: number;
  /** Benefit that comes on a payday in place of pay, as a share of it. */
  readonly benefit: number;
  /** Factor on everyday spending. */
  readonly spending: number;
  /** Factor on how often cash is drawn. */
  readonly cash: number;
  /** Most days by which bills paid by hand are put off. */
  readonly billDelay: number;
};

export const usual: Effects = {
  pay: 1,
  payDelay: 0,
  benefit: 0,
  spending: 1,
  cash: 1,
  billDelay: 0,
};

/**
 * Money that moves on a day of a story, beside everyday life:
 * - `in` comes from outside;
 * - `out` is spent if it is there, else given up;
 * - `tried` is spent if it is there, else the payment fails;
 * - `planned` is spent if it is there, from savings where the account is too low, else given up.
 */
export type Extra = {
  readonly kind: "in" | "out" | "tried" | "planned";
  readonly what: Movement;
  /** In shares of a month's pay. */
  readonly share: number;
  /** In local time. */
  readonly hour: number;
};

/** What is to come on each day of a story; day 0 is the one after the story began. */
export class Agenda {
  readonly #days = new Map<number, Extra[]>();

  add(day: number, extra: Extra): this {
    const there = this.#days.get(day);
    if (there) there.push(extra);
    else this.#days.set(day, [extra]);
    return this;
  }

  on(day: number): readonly Extra[] | undefined {
    return this.#days.get(day);
  }
}

/** How a story goes for one customer: drawn when it begins, then the same every day. */
export type Course = {
  /** Days until what caused the trouble is over. Arrears may last longer. */
  readonly days: number;
  /** The day on which it is at its worst. */
  readonly peak: number;
  /** Share of a month's pay that comes at once when it is over. */
  readonly relief: number;
  readonly effects: (day: number) => Effects;
  readonly agenda?: Agenda;
};

export const movement = (
  category: Movement["category"],
  channel: Movement["channel"],
  merchant: string | null,
): Movement => ({ category, channel, merchant });
