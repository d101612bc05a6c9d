/**
 * What a processor counts. Plain numbers on the hot path; whoever measures subscribes to the
 * diagnostics channel on which they are published after each commit.
 */
const failureWindow = 10_000;
const failuresAllowed = 20;

export class Counters {
  records = 0;
  emitted = 0;
  timers = 0;
  /** Append time of the record that ran last, ms. */
  newestMs = 0;
  /** By kind and reason: `drop:duplicate`, `dead:malformed_json`, `late:…`, `count:…`. */
  readonly reasons = new Map<string, number>();
  #failures: number[] = [];
  /** What stood at the last commit. */
  #kept = { records: 0, emitted: 0, timers: 0, newestMs: 0, failures: [] as number[] };
  readonly #keptReasons = new Map<string, number>();

  count(kind: "drop" | "dead" | "late" | "count", reason: string): void {
    const name = `${kind}:${reason}`;
    this.reasons.set(name, (this.reasons.get(name) ?? 0) + 1);
  }

  /** What was counted since the last commit stands. */
  commit(): void {
    const { records, emitted, timers, newestMs } = this;
    this.#kept = { records, emitted, timers, newestMs, failures: [...this.#failures] };
    for (const [name, times] of this.reasons) this.#keptReasons.set(name, times);
  }

  /** Work that is taken back is not counted: it will be when it runs again. */
  rollBack(): void {
    const { failures, ...totals } = this.#kept;
    Object.assign(this, totals);
    this.#failures = [...failures];
    this.reasons.clear();
    for (const [name, times] of this.#keptReasons) this.reasons.set(name, times);
  }

  /**
   * Notes a throw. Above 20 throws that are over 1 % of the last 10,000 records it returns their
   * number, else 0.
   */
  failed(): number {
    const failures = this.#failures;
    failures.push(this.records);
    while (failures[0] <= this.records - failureWindow) failures.shift();
    const share = failures.length / Math.min(failureWindow, Math.max(1, this.records));
    return failures.length > failuresAllowed && share > 0.01 ? failures.length : 0;
  }
}
