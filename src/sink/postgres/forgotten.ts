import type pg from "pg";
import { ForgottenList, forgottenDigest } from "../forgotten-list.ts";

type Queries = Pick<pg.ClientBase, "query">;

/** A sink that reads an older list than this meets the tombstone's repetition all the same. */
const freshMs = 5_000;

/** Notes erased customers, with when Kafka took the tombstone of each, ms. */
export const noteForgotten = async (
  db: Queries,
  space: string,
  erased: ReadonlyMap<string, number>,
): Promise<void> => {
  const rows = [...erased].map(([customer, until]) => ({
    digest: forgottenDigest(space, customer),
    until: new Date(until).toISOString(),
  }));
  await db.query(
    `insert into forgotten select * from json_to_recordset($1) as f(digest text, until timestamptz)
     on conflict (digest) do update set until = greatest(forgotten.until, excluded.until)`,
    [JSON.stringify(rows)],
  );
};

/**
 * Who was erased from the space. Not every sink reads the topic with the tombstones, and one that
 * does may lie behind on another topic: what Kafka took before a tombstone is left out by this.
 */
export class Forgotten {
  readonly #list: ForgottenList;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(space: string) {
    this.#list = new ForgottenList(space);
  }

  async refresh(db: Queries): Promise<void> {
    if (performance.now() - this.#readAt < freshMs) return;
    const { rows } = await db.query<{ digest: string; until: Date }>(
      "select digest, until from forgotten",
    );
    this.#list.replace(new Map(rows.map(({ digest, until }) => [digest, until.getTime()])));
    this.#readAt = performance.now();
  }

  /** Whether a record about the customer that Kafka took then must not come back. */
  has(customer: unknown, appendTime: number): boolean {
    return typeof customer === "string" && appendTime < this.#list.untilOf(customer);
  }
}
