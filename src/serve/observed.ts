import type pg from "pg";
import type { SeenFlow } from "./drift.ts";

/** Where what was seen is kept, so that a restart does not forget it. */
export type ObservedTables = {
  /** Notes what was seen just now, and that somebody watched today. */
  note: (seen: readonly SeenFlow[], now: number) => Promise<void>;
  read: (now: number) => Promise<{ seen: SeenFlow[]; watchedDays: number }>;
};

const edgesMost = 2_000;
const renewMs = 60_000;

export const observedTables = (pool: pg.Pool): ObservedTables => {
  /** What the table holds at least, so that an edge is not written anew with every sample. */
  const written = new Map<string, number>();
  return {
    note: async (seen, now) => {
      const keyOf = ({ from, to }: SeenFlow) => `${from} ${to}`;
      const fresh = [...new Map(seen.map((flow) => [keyOf(flow), flow])).values()]
        .filter((flow) => flow.at - (written.get(keyOf(flow)) ?? 0) >= renewMs)
        .slice(0, edgesMost);
      await pool.query(
        `insert into observed_days values (($1::timestamptz at time zone 'UTC')::date)
         on conflict do nothing`,
        [new Date(now)],
      );
      if (fresh.length === 0) return;
      await pool.query(
        `insert into observed_edges (from_id, to_id, last_seen)
         select * from unnest($1::text[], $2::text[], $3::timestamptz[])
         on conflict (from_id, to_id) do update
         set last_seen = greatest(observed_edges.last_seen, excluded.last_seen)`,
        [fresh.map((f) => f.from), fresh.map((f) => f.to), fresh.map((f) => new Date(f.at))],
      );
      for (const flow of fresh) written.set(keyOf(flow), flow.at);
    },
    read: async (now) => {
      const [edges, days] = await Promise.all([
        pool.query<{ from: string; to: string; at: Date }>(
          `select from_id as "from", to_id as "to", last_seen as at from observed_edges
           order by last_seen desc limit ${edgesMost}`,
        ),
        pool.query<{ n: number }>(
          `select count(*)::int as n from observed_days
           where day > ($1::timestamptz at time zone 'UTC')::date - 7
             and day <= ($1::timestamptz at time zone 'UTC')::date`,
          [new Date(now)],
        ),
      ]);
      const seen = edges.rows.map(({ from, to, at }) => ({ from, to, at: at.getTime() }));
      return { seen, watchedDays: days.rows[0].n };
    },
  };
};
