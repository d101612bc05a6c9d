import { hash } from "node:crypto";

const knownMost = 100_000;

/** What stands for an erased customer in a list of the forgotten: the list names nobody. */
export const forgottenDigest = (space: string, customer: string): string =>
  hash("sha256", `${space}\n${customer}`);

/** Until when, in ms since 1970, those who were erased from a space are forgotten. */
export class ForgottenList {
  readonly #space: string;
  #until: ReadonlyMap<string, number> = new Map();
  /** Of every record is asked whose it is: a customer is hashed once. */
  readonly #known = new Map<string, number>();

  constructor(space: string) {
    this.#space = space;
  }

  /** Takes the whole list anew, by digest. */
  replace(until: ReadonlyMap<string, number>): void {
    this.#until = until;
    this.#known.clear();
  }

  get size(): number {
    return this.#until.size;
  }

  /** -Infinity: never erased. */
  untilOf(customer: string): number {
    if (this.#until.size === 0) return Number.NEGATIVE_INFINITY;
    let until = this.#known.get(customer);
    if (until === undefined) {
      until = this.#until.get(forgottenDigest(this.#space, customer)) ?? Number.NEGATIVE_INFINITY;
      if (this.#known.size >= knownMost) this.#known.clear();
      this.#known.set(customer, until);
    }
    return until;
  }
}
