const largest = 2 ** 53 - 1;

/**
 * Quantiles of a stream of measurements in bounded memory: counts in buckets that double in width
 * as the values double, as in Tene's HdrHistogram. A quantile is within 1 / 2^bits of the value
 * that was recorded (0.8 % for 7 bits), at any scale from 1 to 2^53; below 2^bits it is exact.
 * Record whole numbers in a fine unit: nanoseconds, microseconds, bytes.
 */
export class Quantiles {
  readonly #bits: number;
  readonly #counts: Float64Array;
  #count = 0;
  #sum = 0;
  #least = Number.POSITIVE_INFINITY;
  #most = Number.NEGATIVE_INFINITY;

  constructor(bits = 7) {
    if (!Number.isInteger(bits) || bits < 1 || bits > 14)
      throw new RangeError(`bits must be from 1 to 14, not ${bits}`);
    this.#bits = bits;
    this.#counts = new Float64Array((54 - bits) << bits);
  }

  get count(): number {
    return this.#count;
  }

  /** The mean of what was recorded; NaN if nothing was. */
  get mean(): number {
    return this.#sum / this.#count;
  }

  get least(): number {
    return this.#least;
  }

  get most(): number {
    return this.#most;
  }

  /** Negative values count as 0, those beyond 2^53 as 2^53; NaN is not recorded. */
  record(value: number, times = 1): void {
    if (Number.isNaN(value)) return;
    const whole = Math.min(Math.max(Math.round(value), 0), largest);
    this.#counts[this.#bucketOf(whole)] += times;
    this.#count += times;
    this.#sum += whole * times;
    if (whole < this.#least) this.#least = whole;
    if (whole > this.#most) this.#most = whole;
  }

  /** The least recorded value that a share `q` of the values does not exceed; NaN if empty. */
  at(q: number): number {
    if (this.#count === 0) return Number.NaN;
    let left = Math.max(1, Math.ceil(q * this.#count));
    if (left >= this.#count) return this.#most;
    let bucket = 0;
    while ((left -= this.#counts[bucket]) > 0) bucket++;
    return Math.min(Math.max(this.#middleOf(bucket), this.#least), this.#most);
  }

  /** Adds what another one with as many bits has recorded. */
  add(other: Quantiles): void {
    if (other.#bits !== this.#bits) throw new RangeError("the two have different precision");
    other.#counts.forEach((count, bucket) => {
      this.#counts[bucket] += count;
    });
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#least = Math.min(this.#least, other.#least);
    this.#most = Math.max(this.#most, other.#most);
  }

  clear(): void {
    this.#counts.fill(0);
    this.#count = 0;
    this.#sum = 0;
    this.#least = Number.POSITIVE_INFINITY;
    this.#most = Number.NEGATIVE_INFINITY;
  }

  /** Values of one doubling share 2^bits buckets; the values below 2^bits have one each. */
  #bucketOf(whole: number): number {
    const size = 1 << this.#bits;
    if (whole < size) return whole;
    const doubling = exponentOf(whole) - this.#bits;
    return (doubling << this.#bits) + Math.floor(whole / 2 ** doubling);
  }

  #middleOf(bucket: number): number {
    const size = 1 << this.#bits;
    if (bucket < size) return bucket;
    const doubling = (bucket >> this.#bits) - 1;
    const low = (bucket - (doubling << this.#bits)) * 2 ** doubling;
    return low + (2 ** doubling - 1) / 2;
  }
}

/** floor(log2(whole)) for whole numbers from 1 to 2^53 - 1, without rounding trouble. */
const exponentOf = (whole: number): number =>
  whole < 2 ** 32 ? 31 - Math.clz32(whole) : 63 - Math.clz32(Math.floor(whole / 2 ** 32));
