/**
 * Points and weights that integrate every polynomial of degree up to 2n - 1 over [0, 1] exactly
 * (Gauss and Legendre). Newton's method on the Legendre polynomial, from Chebyshev's first guess.
 */
export const gaussLegendre = (n: number): { points: Float64Array; weights: Float64Array } => {
  const points = new Float64Array(n);
  const weights = new Float64Array(n);
  for (let index = 0; index < n; index++) {
    let x = Math.cos((Math.PI * (index + 0.75)) / (n + 0.5));
    let slope = 1;
    for (let step = 0; step < 100; step++) {
      let [before, value] = [1, x];
      for (let k = 2; k <= n; k++)
        [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k];
      slope = (n * (x * value - before)) / (x * x - 1);
      const next = x - value / slope;
      const done = Math.abs(next - x) < 1e-16;
      x = next;
      if (done) break;
    }
    points[index] = (1 + x) / 2;
    weights[index] = 1 / ((1 - x * x) * slope * slope);
  }
  return { points, weights };
};
