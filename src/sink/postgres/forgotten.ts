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

/**
 * Of these customers, when each was erased, ms since 1970; also who is to be, by a command that no
 * sink has met yet. Of them nothing older may be put back.
 */
export const readErased = async (
  db: Queries,
  space: string,
  customers: ReadonlySet<string>,
): Promise<Map<string, number>> => {
  const digests = new Map([...customers].map((id) => [forgottenDigest(space, id), id]));
  const { rows } = await db.query<{ digest: string | null; customer_id: string; at: Date }>(
    `select digest, null as customer_id, until as at from forgotten where digest = any($1)
     union all
     select null, customer_id, max(asked_at) from profile_commands
     where command = 'erase' and customer_id = any($2) group by customer_id`,
    [[...digests.keys()], [...customers]],
  );
  const erased = new Map<string, number>();
  for (const { digest, customer_id, at } of rows) {
    const id = digest === null ? customer_id : (digests.get(digest) as string);
    erased.set(id, Math.max(erased.get(id) ?? 0, at.getTime()));
  }
  return erased;
};

/** When somebody was erased last, ms since 1970; undefined: nobody was. */
export const newestErasure = async (db: Queries): Promise<number | undefined> => {
  const { rows } = await db.query<{ at: Date | null }>(
    `select greatest((select max(until) from forgotten),
       (select max(asked_at) from profile_commands)) as at`,
  );
  return rows[0].at?.getTime();
};
