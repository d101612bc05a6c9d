import {
  atMost,
  before,
  type Feature,
  missing,
  percent,
  thanUsual,
  whole,
  within,
} from "./feature.ts";
import { windowDays } from "./row.ts";

/** What payments say: failed ones, bills, instalments. */
export const paymentFeatures: Feature[] = [
  {
    id: "failed_txn_count_7d",
    unit: "count",
    says: "Failed transactions in 7 days.",
    value: (s) => s.failed7,
    usual: (s) => (before(s, s.failed) * 7) / 30,
    direction: 1,
    code: "PAYMENTS_FAILED",
    group: "failed",
    reason: (value) => `${whole(value, "payment")} failed in 7 days`,
  },
  {
    id: "failed_txn_count_30d",
    unit: "count",
    says: "Failed transactions in 30 days.",
    value: (s) => s.failed[0],
    usual: (s) => before(s, s.failed),
    direction: 1,
    code: "PAYMENTS_FAILED",
    group: "failed",
    reason: (value, usual) =>
      thanUsual(`${whole(value, "payment")} failed in 30 days`, usual, (u) =>
        String(Math.round(u)),
      ),
  },
  {
    id: "penalty_count_90d",
    unit: "count",
    says: "Penalties booked in 90 days.",
    value: (s) => s.penalties,
    direction: 1,
    code: "PENALTIES",
    group: "penalty",
    reason: (value) =>
      `The bank booked ${value === 1 ? "a penalty" : `${value} penalties`} in 90 days`,
  },
  {
    id: "utility_payment_lateness_score",
    unit: "points",
    says: "How late the household's bills are, 0 to 10: a point for every two days.",
    value: (s) => atMost(s.billLateDays / 2, 10),
    direction: 1,
    code: "BILLS_LATE",
    group: "bills",
    reason: (value) => `A household bill is ${whole(2 * value, "day")} later than usual`,
  },
  {
    id: "days_past_due",
    unit: "days",
    says: "Days since the oldest unpaid instalment fell due; 0: none is unpaid.",
    value: (s) => s.standing?.daysPastDue ?? missing,
    direction: 1,
    code: "PAST_DUE",
    group: "due",
    reason: (value) => `An instalment is ${whole(value, "day")} past due`,
  },
  {
    id: "days_to_next_due",
    unit: "days",
    says: "Days until the next unpaid instalment falls due.",
    value: (s) =>
      s.standing && s.standing.nextDue < Number.POSITIVE_INFINITY
        ? s.standing.nextDue - s.today
        : missing,
    direction: 0,
    code: "DUE_SOON",
    group: "due",
    reason: (value) => `The next instalment falls due in ${whole(value, "day")}`,
  },
  {
    id: "due_cover_ratio",
    unit: "ratio",
    says: "All balances over what is overdue or falls due within a month.",
    value: (s) =>
      s.hasBalance && s.standing && s.standing.needed > 0
        ? within(s.closing[windowDays - 1] / s.standing.needed, -5, 20)
        : missing,
    direction: -1,
    code: "DUE_NOT_COVERED",
    group: "cover",
    reason: (value) => `Balances cover ${percent(Math.max(0, value))} of what falls due in a month`,
  },
];
