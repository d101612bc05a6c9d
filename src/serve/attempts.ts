import { failure } from "../errors.ts";

/**
 * Slows down whoever tries passwords: after so many failures in a row under one name, or from one
 * address, the next try has to wait, twice as long after each further failure. A try counts as
 * failed from its start, so that many at once gain nothing. Whoever is kept out can still use a
 * link.
 */
type Tried = { failures: number; until: number; last: number };
type Place = {
  readonly key: string;
  readonly freeMost: number;
  /** Many people may come from here: that one of them knows a password says nothing of the rest. */
  readonly shared: boolean;
};

const firstWaitMs = 30_000;
const longestWaitMs = 15 * 60_000;
const forgottenAfterMs = 60 * 60_000;
const keptMost = 10_000;

export class Attempts {
  readonly #now: () => number;
  readonly #tried = new Map<string, Tried>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Throws SIGN_IN_WAIT with the seconds that are left where one of the places has to wait. */
  begin(places: readonly Place[]): void {
    const now = this.#now();
    const left = Math.max(0, ...places.map(({ key }) => (this.#of(key, now)?.until ?? 0) - now));
    if (left > 0) throw failure("SIGN_IN_WAIT", String(Math.ceil(left / 1_000)));
    for (const { key, freeMost } of places) this.#fail(key, freeMost, now);
  }

  /** The try was right: it did not fail after all, nor count those before it under the name. */
  succeeded(places: readonly Place[]): void {
    this.undone(places);
    for (const { key, shared } of places) if (!shared) this.#tried.delete(key);
  }

  /** Nothing was tried after all, as something that it needs was away. */
  undone(places: readonly Place[]): void {
    for (const { key } of places) {
      const tried = this.#tried.get(key);
      if (tried) this.#tried.set(key, { ...tried, failures: tried.failures - 1, until: 0 });
    }
  }

  #of(key: string, now: number): Tried | undefined {
    const tried = this.#tried.get(key);
    return tried && now - tried.last < forgottenAfterMs ? tried : undefined;
  }

  #fail(key: string, freeMost: number, now: number): void {
    const failures = (this.#of(key, now)?.failures ?? 0) + 1;
    const beyond = failures - freeMost;
    const wait = beyond < 0 ? 0 : Math.min(longestWaitMs, firstWaitMs * 2 ** beyond);
    this.#tried.delete(key);
    this.#tried.set(key, { failures, until: now + wait, last: now });
    if (this.#tried.size <= keptMost) return;
    const [oldest] = this.#tried.keys();
    this.#tried.delete(oldest);
  }
}
