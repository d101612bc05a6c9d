import { type CaseDecision, caseDecisions } from "../events/case.ts";
import type { Topic } from "../stream/topic.ts";
import { Rounds } from "./rounds.ts";

/** The way in for what people decide about customers. */
export class CaseWriter {
  readonly #rounds: Rounds;

  constructor(options: { bootstrap: string; space: string }) {
    this.#rounds = new Rounds(options);
  }

  /** Resolves when the broker has all of these; throws BROKER_AWAY when it may not. */
  put = (decisions: readonly CaseDecision[]): Promise<void> =>
    this.#rounds.put(
      caseDecisions as Topic,
      decisions.map((value) => ({
        key: value.customer_id,
        value,
        bytes: caseDecisions.write(value),
        origin: undefined,
      })),
    );

  close(): Promise<void> {
    return this.#rounds.close();
  }
}
