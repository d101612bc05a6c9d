import type { CaseKind, CaseReason, DecisionKind } from "../../events/case.ts";
import type { ReviewOutcome } from "../messages/reviews.ts";

export type CaseRow = {
  case_decision_id: string;
  kind: CaseKind;
  decision: DecisionKind | null;
  reason_codes: readonly CaseReason[] | null;
  note: string | null;
  rests_until: string | null;
  assignee: string | null;
  prediction_id: string | null;
  made_by: string;
};

const decisions: Record<DecisionKind, string> = {
  contact_by_person: "a person gets in touch",
  payment_plan: "a payment plan",
  watch: "watch for now",
  no_action: "nothing is to be done",
  false_alarm: "a false alarm",
};
const reasons: Record<CaseReason, string> = {
  spoke_with_customer: "spoke with the customer",
  promised_to_pay: "promised to pay",
  plan_agreed: "a plan is agreed",
  income_on_its_way: "income is on its way",
  known_expense: "a known expense",
  already_in_contact: "already in contact",
  needs_support: "needs support",
  small_amount: "a small amount",
  data_wrong: "the data are wrong",
  not_credible: "the score is not credible",
  other: "another reason",
};

const titleOf = ({ kind, decision, made_by, assignee }: CaseRow): string => {
  switch (kind) {
    case "decided":
      return `${made_by} decided: ${decision === null ? "unknown" : decisions[decision]}`;
    case "assigned":
      return assignee === made_by
        ? `${made_by} took the case`
        : `${made_by} gave it to ${assignee}`;
    case "released":
      return `${made_by} gave the case back to the queue`;
    case "reopened":
      return `${made_by} put the case back into the queue`;
    case "undone":
      return `${made_by} undid what was done before`;
  }
};

/** What a person did with the customer in the queue. */
export const caseWords = (row: CaseRow) => ({
  says: titleOf(row),
  detail: [...(row.reason_codes ?? []).map((code) => reasons[code] ?? code), row.note]
    .filter(Boolean)
    .join(" · "),
  event: row.case_decision_id,
  prediction: row.prediction_id,
});

export type ReviewRow = { asked_by: string; reason: string; decision_id: string };
export type AnswerRow = ReviewRow & { outcome: ReviewOutcome; answer: string; closed_by: string };

const linksOf = ({ decision_id }: ReviewRow) => ({
  event: decision_id,
  prediction: decision_id.startsWith("INT_") ? null : decision_id,
});

/** Somebody asked that a person look at a decision. */
export const reviewWords = (row: ReviewRow) => ({
  says: `${row.asked_by} asked for a review`,
  detail: row.reason,
  ...linksOf(row),
});

const found = { stands: "the decision stands", wrong: "the decision was wrong" } as const;

/** What another person found, or that it is asked for no more. */
export const answerWords = (row: AnswerRow) => ({
  says:
    row.outcome === "withdrawn"
      ? `${row.closed_by} withdrew the review`
      : `${row.closed_by} reviewed it for ${row.asked_by}: ${found[row.outcome]}`,
  detail: row.answer,
  ...linksOf(row),
});
