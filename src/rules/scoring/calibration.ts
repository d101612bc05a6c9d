/**
 * Platt scaling: the calibrated log-odds are slope × margin + offset. A slope above 0 keeps the
 * order of customers. It belongs to the model's card, so that XGBoost's file stays untouched.
 */
export type Calibration = {
  readonly method: "platt";
  readonly slope: number;
  readonly offset: number;
};

/** The probability that belongs to log-odds. */
export const logistic = (logOdds: number): number => 1 / (1 + Math.exp(-logOdds));

/** The log-odds of a margin, calibrated if there is a calibration. */
export const calibrated = (margin: number, calibration: Calibration | null | undefined): number =>
  calibration ? calibration.slope * margin + calibration.offset : margin;

/**
 * Turns contributions to the margin into contributions to the calibrated log-odds, in place: they
 * still add up, with the bias as the last entry.
 */
export const calibrateContributions = (
  contributions: Float64Array,
  calibration: Calibration | null | undefined,
): void => {
  if (!calibration) return;
  for (let at = 0; at < contributions.length; at++) contributions[at] *= calibration.slope;
  contributions[contributions.length - 1] += calibration.offset;
};

/**
 * Fits Platt scaling to margins of rows that the model was not trained on. Labels are softened to
 * (n1 + 1) / (n1 + 2) and 1 / (n0 + 2) as Platt (1999) does, so that few rows do not make it sure
 * of itself; Newton's method with halved steps, as Lin, Lin and Weng (2007) advise. Returns null
 * where the margins do not rise with the labels, since no calibration may turn the order around.
 */
export const fitPlatt = (
  margins: ArrayLike<number>,
  labels: ArrayLike<number>,
): Calibration | null => {
  const rows = margins.length;
  let ones = 0;
  for (let row = 0; row < rows; row++) ones += labels[row];
  if (ones === 0 || ones === rows) return null;
  const [high, low] = [(ones + 1) / (ones + 2), 1 / (rows - ones + 2)];
  const loss = (slope: number, offset: number): number => {
    let sum = 0;
    for (let row = 0; row < rows; row++) {
      const x = slope * margins[row] + offset;
      sum += Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))) - x * (labels[row] ? high : low);
    }
    return sum;
  };
  let [slope, offset] = [0, Math.log((ones + 1) / (rows - ones + 1))];
  let best = loss(slope, offset);
  for (let step = 0; step < 100; step++) {
    let [gs, go, hss, hso, hoo] = [0, 0, 1e-12, 0, 1e-12];
    for (let row = 0; row < rows; row++) {
      const margin = margins[row];
      const p = logistic(slope * margin + offset);
      const error = p - (labels[row] ? high : low);
      gs += error * margin;
      go += error;
      hss += p * (1 - p) * margin * margin;
      hso += p * (1 - p) * margin;
      hoo += p * (1 - p);
    }
    if (Math.abs(gs) < 1e-9 * rows && Math.abs(go) < 1e-9 * rows) break;
    const determinant = hss * hoo - hso * hso;
    const [ds, d0] = [(hoo * gs - hso * go) / determinant, (hss * go - hso * gs) / determinant];
    let size = 1;
    while (size > 1e-10 && !(loss(slope - size * ds, offset - size * d0) < best)) size /= 2;
    if (size <= 1e-10) break;
    slope -= size * ds;
    offset -= size * d0;
    best = loss(slope, offset);
  }
  return slope > 0 ? { method: "platt", slope, offset } : null;
};
