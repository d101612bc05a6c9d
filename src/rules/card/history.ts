/** A month of a credit card as its bank knows it. Money in minor units of one currency. */
export type CardMonth = {
  /** `YYYY-MM` */
  readonly month: string;
  /**
   * How the client stood with the bank: -2 nothing used, -1 paid in full, 0 a part was paid and the
   * rest revolves, from 1 on so many months in arrears.
   */
  readonly status: number;
  /** What the month's statement says is owed; below 0 when too much was paid. */
  readonly bill_minor: number;
  /** What was paid in the month. */
  readonly paid_minor: number;
};

/** What is known of a card: its limit and its months, the newest first. */
export type CardHistory = {
  readonly limit_minor: number;
  readonly months: readonly CardMonth[];
};
