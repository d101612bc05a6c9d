/** What made a score due, in words. */
export const triggerWords: Record<string, string> = {
  failed_transaction: "A payment failed",
  large_transaction: "A payment that is large for this customer",
  atm_withdrawal: "Cash was withdrawn",
  balance_below_zero: "An account fell below zero",
  penalty: "A penalty was booked",
  salary_late: "Salary did not come (a timer)",
  utility_late: "A household bill was not paid (a timer)",
  due_not_covered: "An instalment is near and not covered (a timer)",
  score_older_than_a_day: "The last score was a day old",
  late_data: "Data that came late",
  request: "Somebody asked for it",
};

const expected: Record<string, string> = {
  salary_late: "Salary expected, not seen",
  utility_late: "Household bill expected, not paid",
  due_not_covered: "Instalment near, not covered by the balances",
};
/** The reasons that say more about what was expected. */
const about: Record<string, RegExp> = {
  salary_late: /^salary|pay/,
  utility_late: /^utility/,
  due_not_covered: /^due|cover|past_due/,
};

export type ScoreRow = {
  prediction_id: string;
  risk_score: number;
  risk_level: string;
  previous_score: number | null;
  trigger: string;
  reasons: readonly { feature: string; reason: string }[];
};

export const scoreWords = (row: ScoreRow) => {
  const { risk_score, previous_score, trigger, reasons, prediction_id } = row;
  const was = previous_score === null ? "the first" : `was ${previous_score.toFixed(2)}`;
  const why = [triggerWords[trigger] ?? trigger, reasons[0]?.reason];
  return {
    says: `Score ${risk_score.toFixed(2)}, ${was}`,
    detail: why.filter(Boolean).join(" · "),
    band: row.risk_level,
    event: prediction_id,
    prediction: prediction_id,
  };
};

/** Something that did not happen, of which a timer told. */
export const timerWords = ({ trigger, reasons, prediction_id }: ScoreRow) => ({
  says: expected[trigger] ?? trigger,
  detail: reasons.find(({ feature }) => about[trigger]?.test(feature))?.reason ?? "",
  tone: "bad" as const,
  event: prediction_id,
  prediction: prediction_id,
});
