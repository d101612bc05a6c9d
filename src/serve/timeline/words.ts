import type { Line } from "../messages/timeline.ts";
import {
  type AnswerRow,
  answerWords,
  type CaseRow,
  caseWords,
  type ReviewRow,
  reviewWords,
} from "./case-words.ts";
import { contactWords, holdWords, type StepRow } from "./contact-words.ts";
import { dueWords, fellWords, type OutcomeRow, outcomeWords, owedWords } from "./due-words.ts";
import { moneyWords, type TransactionRow } from "./money-words.ts";
import { type ProfileRow, profileWords } from "./profile-words.ts";
import { type ScoreRow, scoreWords, timerWords } from "./score-words.ts";

type Words = Pick<Line, "says"> & Partial<Omit<Line, "tone">> & { tone?: Line["tone"] | undefined };

/** The words for the rows of each source, by its name. */
const words: Record<string, (body: never) => Words> = {
  transaction: (body: TransactionRow) => moneyWords(body),
  score: (body: ScoreRow) => scoreWords(body),
  timer: (body: ScoreRow) => timerWords(body),
  contact: (body: StepRow) => contactWords(body),
  hold: (body: StepRow) => holdWords(body),
  due: dueWords,
  fell: (body: OutcomeRow) => fellWords(body),
  payment: (body: OutcomeRow) => outcomeWords(body),
  outcome: (body: OutcomeRow) => outcomeWords(body),
  owed: owedWords,
  profile: (body: ProfileRow) => profileWords(body),
  case: (body: CaseRow) => caseWords(body),
  review: (body: ReviewRow) => reviewWords(body),
  answer: (body: AnswerRow) => answerWords(body),
};

/** What a row of a source says, in plain words. */
export const wordsOf = (source: string, body: unknown): Words => words[source](body as never);
