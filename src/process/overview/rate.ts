const windowMs = 5_000;

/** How fast a total grows, over the last seconds: figures of processes come in steps of one. */
export class Rate {
  #samples: { at: number; total: number }[] = [];

  /** A total that falls began anew, as that of a process that was started again. */
  sample(at: number, total: number): void {
    const last = this.#samples.at(-1);
    if (last && total < last.total) this.#samples = [];
    this.#samples.push({ at, total });
    while (this.#samples.length > 2 && this.#samples[1].at <= at - windowMs) this.#samples.shift();
  }

  /** Per second; 0 until there are two samples. */
  perSecond(): number {
    const [first] = this.#samples;
    const last = this.#samples.at(-1);
    if (!first || !last || last.at <= first.at) return 0;
    return ((last.total - first.total) * 1_000) / (last.at - first.at);
  }
}
