/** Log-odds as whole millionths, in which sums are exact. */
export const microsOf = (value: number): number => Math.round(value * 1e6);

export const fromMicros = (micros: number): number => micros / 1e6;

/**
 * Rounds parts to millionths so that they add up exactly to their rounded sum: each is the step
 * that the rounded running sum makes, so it is off by less than a millionth, and a part of 0 stays
 * 0. Overwrites `parts` with whole millionths and returns their sum.
 */
export const roundParts = (parts: Float64Array): number => {
  let sum = 0;
  let told = 0;
  for (let at = parts.length - 1; at >= 0; at--) {
    sum += parts[at];
    const now = microsOf(sum);
    parts[at] = now - told + 0;
    told = now;
  }
  return told;
};
