import { failure } from "../../errors.ts";
import type { BandStarts } from "../../rules/scoring/report.ts";

/** Reads `0.8,0.6,0.4`: from where CRITICAL, HIGH and MEDIUM begin. Throws ARGUMENT_WRONG. */
export const bandStarts = (text: string): BandStarts => {
  const [CRITICAL, HIGH, MEDIUM, ...more] = text.split(",").map(Number);
  if (more.length === 0 && CRITICAL <= 1 && CRITICAL > HIGH && HIGH > MEDIUM && MEDIUM > 0)
    return { CRITICAL, HIGH, MEDIUM };
  throw failure(
    "ARGUMENT_WRONG",
    `--bands is ${text}`,
    "Give three falling numbers between 1 and 0, such as 0.8,0.6,0.4.",
  );
};
