import type { Row } from "./nodes.ts";
import { maxCategory } from "./tree.ts";

/**
 * Splits by category, turned into numbers: each different question ("is the code of feature 3 one
 * of these?") has a place of its own behind the features of a laid-out row, which holds -Infinity
 * for left and +Infinity for right. So the loops over trees know numbers only.
 */
export type Questions = {
  readonly feature: number[];
  readonly defaultLeft: number[];
  /** The codes that go right, as bits. */
  readonly right: Uint32Array[];
  /** The place of a question that was asked before, by its text. */
  readonly known: Map<string, number>;
};

export const noQuestions = (): Questions => ({
  feature: [],
  defaultLeft: [],
  right: [],
  known: new Map(),
});

/** The place of a question among the questions; a new one is added. */
export const placeOf = (
  questions: Questions,
  feature: number,
  defaultLeft: number,
  right: Uint32Array,
): number => {
  const text = `${feature} ${defaultLeft} ${right.join()}`;
  const known = questions.known.get(text);
  if (known !== undefined) return known;
  const place = questions.feature.push(feature) - 1;
  questions.defaultLeft.push(defaultLeft);
  questions.right.push(right);
  questions.known.set(text, place);
  return place;
};

/** XGBoost cuts a code to a whole number; one below 0 or too large is in no category: left. */
const goesRight = (right: Uint32Array, code: number): boolean =>
  code >= 0 && code < maxCategory && ((right[code >> 5] >>> (code & 31)) & 1) === 1;

/** Answers each question for a row, in `laid` from `from` on. */
export const answer = (questions: Questions, row: Row, laid: Float32Array, from: number): void => {
  const { feature, defaultLeft, right } = questions;
  for (let at = 0; at < feature.length; at++) {
    const code = Math.fround(row[feature[at]]);
    const isRight = Number.isNaN(code) ? defaultLeft[at] === 0 : goesRight(right[at], code);
    laid[from + at] = isRight ? Infinity : -Infinity;
  }
};
