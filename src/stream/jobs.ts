import type { Rebalance } from "./kafka.ts";

/** Changes of partitions that the group wants and that wait to be made, in their order. */
export class Jobs {
  readonly #waiting: Rebalance[] = [];
  #pressing = new AbortController();

  readonly add = (job: Rebalance): void => {
    this.#waiting.push(job);
    if (job.kind === "revoke") this.#pressing.abort();
  };

  get wait(): boolean {
    return this.#waiting.length > 0;
  }

  /** Aborts when others come to wait for partitions of ours; is new once none wait. */
  get pressing(): AbortSignal {
    return this.#pressing.signal;
  }

  next(): Rebalance | undefined {
    const job = this.#waiting.shift();
    if (job === undefined && this.#pressing.signal.aborted) this.#pressing = new AbortController();
    return job;
  }
}
