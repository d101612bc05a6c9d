type Waiting<T, R> = {
  readonly items: readonly T[];
  readonly resolve: (answer: R) => void;
  readonly reject: (thrown: unknown) => void;
};

/**
 * Work that costs little more for many than for one, such as a statement in a database: what is
 * asked while all lanes are busy goes together, as one, when a lane is free. Whoever asked gets
 * the answer to all of it, or what it threw.
 */
export class Gathering<T, R> {
  readonly #work: (items: readonly T[]) => Promise<R>;
  readonly #lanes: number;
  #waiting: Waiting<T, R>[] = [];
  #running = 0;

  constructor(work: (items: readonly T[]) => Promise<R>, lanes = 4) {
    this.#work = work;
    this.#lanes = lanes;
  }

  ask(items: readonly T[]): Promise<R> {
    const { promise, resolve, reject } = Promise.withResolvers<R>();
    this.#waiting.push({ items, resolve, reject });
    if (this.#running < this.#lanes) void this.#run();
    return promise;
  }

  async #run(): Promise<void> {
    this.#running++;
    while (this.#waiting.length > 0) {
      const round = this.#waiting;
      this.#waiting = [];
      try {
        const answer = await this.#work(round.flatMap(({ items }) => items));
        for (const { resolve } of round) resolve(answer);
      } catch (thrown) {
        for (const { reject } of round) reject(thrown);
      }
    }
    this.#running--;
  }
}
