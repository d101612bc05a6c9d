import type pg from "pg";
import { failure } from "../../errors.ts";
import { inSpace } from "../../stream/space.ts";
import type {
  CausesAnswer,
  LetterState,
  LettersAnswer,
  ListedAnswer,
} from "../messages/dead-letters.ts";
import { readingTables } from "../vectors.ts";

/** Dead letters as the tables know them: where from, why, and what became of them. */
export type Cause = {
  readonly processor: string;
  readonly reason: string;
  /** In the space: without its prefix. */
  readonly topic: string;
};

export const causeText = ({ processor, reason, topic }: Cause): string =>
  `${processor}~${reason}~${topic}`;

/** Throws REQUEST_WRONG. */
export const causeOf = (text: string): Cause => {
  const parts = text.split("~");
  if (parts.length !== 3 || parts.some((part) => part === ""))
    throw failure("REQUEST_WRONG", "a cause is processor~reason~topic");
  const [processor, reason, topic] = parts;
  return { processor, reason, topic };
};

/** Who puts records aside, and which group each of them is. */
export type LetterReader = {
  readonly name: string;
  readonly group: string;
  readonly kind: "processor" | "sink";
  /** Names of the topics, without the space. */
  readonly topics: readonly string[];
};

export const groupOf = (readers: readonly LetterReader[], name: string): string | undefined =>
  readers.find((one) => one.name === name)?.group;

export type LetterRow = {
  origin: string;
  processor: string;
  reason: string;
  at: Date;
  kept_at: string | null;
  topic: string;
  state: LetterState;
  settled_by: string | null;
  settled_at: Date | null;
  settled_because: string | null;
  redrive_id: string | null;
};

const steps = 30;
const causesMost = 200;
const pageMost = 50;
const queryMaxMs = 10_000;

/** A name without its space. */
export const bareIn = (space: string, name: string): string => {
  const prefix = inSpace(space, "");
  return name.startsWith(prefix) ? name.slice(prefix.length) : name;
};

export const listed = (row: LetterRow): ListedAnswer => ({
  at: row.kept_at ?? row.origin,
  origin: row.origin,
  processor: row.processor,
  reason: row.reason,
  time: row.at.toISOString(),
  state: row.state,
  settled_by: row.settled_by,
  settled_at: row.settled_at?.toISOString() ?? null,
});

export class Causes {
  readonly #pool: pg.Pool;
  readonly #space: string;
  readonly #readers: readonly LetterReader[];

  constructor(pool: pg.Pool, space: string, readers: readonly LetterReader[]) {
    this.#pool = pool;
    this.#space = space;
    this.#readers = readers;
  }

  /** Causes with their numbers; the series covers the last `spanS` seconds. */
  async list(state: LetterState, spanS: number): Promise<CausesAnswer> {
    const stepS = Math.max(1, Math.round(spanS / steps));
    const { rows, counts, since } = await this.#ask(state, stepS);
    return {
      state,
      since: since.toISOString(),
      step_s: stepS,
      counts,
      causes: rows.map(({ processor, reason, topic, records, first, last, series }) => {
        const cause = { processor, reason, topic: bareIn(this.#space, topic) };
        return {
          ...cause,
          cause: causeText(cause),
          group: groupOf(this.#readers, processor) ?? null,
          records: Number(records),
          first: first.toISOString(),
          last: last.toISOString(),
          series: Array.from({ length: steps }, (_, at) => series?.[at] ?? 0),
        };
      }),
    };
  }

  #ask(state: LetterState, stepS: number) {
    type Row = Cause & {
      records: string;
      first: Date;
      last: Date;
      series: Record<number, number> | null;
    };
    return readingTables(async () => {
      const client = await this.#pool.connect();
      try {
        await client.query(`set statement_timeout = ${queryMaxMs}`);
        const since = new Date(Date.now() - steps * stepS * 1_000);
        const { rows } = await client.query<Row>(causesSql, [state, since, stepS, causesMost]);
        const states = await client.query<{ state: LetterState; n: string }>(
          `select 'open' as state, count(*) as n from open_dead_letters
           union all select how, count(*) from dead_letters_settled group by how`,
        );
        const counts = { open: 0, sending: 0, redriven: 0, set_aside: 0 };
        for (const { state: of, n } of states.rows) counts[of] = Number(n);
        return { rows, counts, since };
      } finally {
        await client.query("reset statement_timeout").catch(() => undefined);
        client.release();
      }
    });
  }

  /** Those of a cause, the newest first. `after` is what the page before gave as `next`. */
  async page(cause: Cause, state: LetterState, after: string | undefined): Promise<LettersAnswer> {
    const [at, origin] = after === undefined ? [null, null] : cursorOf(after);
    const { processor, reason, topic } = cause;
    const full = [inSpace(this.#space, topic)];
    const { rows } = await readingTables(() =>
      this.#pool.query<LetterRow>(
        `select * from settled_dead_letters
         where processor = $1 and reason = $2 and topic = any($3) and state = $4
           and ($5::timestamptz is null or (at, origin) < ($5, $6))
         order by at desc, origin desc limit ${pageMost + 1}`,
        [processor, reason, full, state, at, origin],
      ),
    );
    const last = rows.length > pageMost ? rows[pageMost - 1] : undefined;
    const next = last === undefined ? null : `${last.at.toISOString()}~${last.origin}`;
    return { records: rows.slice(0, pageMost).map(listed), next };
  }

  /** The one whose bytes lie at this place. Throws DEAD_LETTER_UNKNOWN. */
  async row(at: string, processor: string | undefined): Promise<LetterRow> {
    const { rows } = await readingTables(() =>
      this.#pool.query<LetterRow>(
        `select * from settled_dead_letters
         where (kept_at = $1 or origin = $1) and ($2::text is null or processor = $2)
         order by (kept_at = $1) desc nulls last limit 1`,
        [at, processor ?? null],
      ),
    );
    if (rows.length === 0) throw failure("DEAD_LETTER_UNKNOWN", at);
    return rows[0];
  }

  async countOpen({ processor, reason, topic }: Cause): Promise<number> {
    const { rows } = await readingTables(() =>
      this.#pool.query<{ n: string }>(
        `select count(*) as n from open_dead_letters
         where processor = $1 and reason = $2 and topic = $3`,
        [processor, reason, inSpace(this.#space, topic)],
      ),
    );
    return Number(rows[0].n);
  }

  /** Takes them from the list of those that wait; their bytes stay. Returns how many. */
  async setAside(which: Cause | LetterRow, by: string, because: string): Promise<number> {
    const one = "origin" in which ? which.origin : null;
    const { rowCount } = await readingTables(() =>
      this.#pool.query(
        `insert into dead_letters_settled (origin, processor, how, settled_by, reason)
         select origin, processor, 'set_aside', $4, $5 from open_dead_letters
         where processor = $1 and reason = $2 and topic = $3 and ($6::text is null or origin = $6)
         on conflict do nothing`,
        [
          which.processor,
          which.reason,
          one === null ? inSpace(this.#space, which.topic) : which.topic,
          by,
          because,
          one,
        ],
      ),
    );
    return rowCount ?? 0;
  }

  /** Puts what was set aside, or never known to arrive, among those that wait again. */
  async putBack(row: LetterRow): Promise<number> {
    const { rowCount } = await readingTables(() =>
      this.#pool.query(
        `delete from dead_letters_settled s where origin = $1 and processor = $2
           and (how = 'set_aside' or how = 'sending' and not exists (
             select from redrives r where r.redrive_id = s.redrive_id and r.state = 'running'))`,
        [row.origin, row.processor],
      ),
    );
    return rowCount ?? 0;
  }
}

const causesSql = `
  with found as (
    select processor, reason, topic, at,
      case when at >= $2
        then floor(extract(epoch from at - $2::timestamptz) / $3)::int end as step
    from settled_dead_letters where state = $1
  ), counted as (
    select processor, reason, topic, step, count(*) as n, min(at) as first, max(at) as last
    from found group by processor, reason, topic, step
  )
  select processor, reason, topic, sum(n) as records, min(first) as first, max(last) as last,
    jsonb_object_agg(step, n) filter (where step is not null) as series
  from counted group by processor, reason, topic order by max(last) desc limit $4`;

const cursorOf = (after: string): [string, string] => {
  const cut = after.indexOf("~");
  const at = after.slice(0, cut);
  if (cut < 0 || Number.isNaN(Date.parse(at)))
    throw failure("REQUEST_WRONG", "`after` is what the page before gave as `next`");
  return [at, after.slice(cut + 1)];
};
