import type pg from "pg";
import { failure } from "../errors.ts";
import type { QueueFilters, QueueView } from "./messages/queue.ts";
import { readingTables } from "./vectors.ts";

const viewsMost = 50;
const shownMost = 200;

type Row = Omit<QueueView, "mine">;

/** Somebody's own views of the queue, then those that others share, by name. */
export const listViews = async (pool: pg.Pool, me: string): Promise<QueueView[]> => {
  const { rows } = await readingTables(() =>
    pool.query<Row>({
      name: "queue views",
      text: `select owner, name, filters, shared from queue_views where owner = $1 or shared
             order by owner <> $1, name, owner limit ${shownMost}`,
      values: [me],
    }),
  );
  return rows.map((row) => ({ ...row, mine: row.owner === me }));
};

/** Keeps a view under a name, in place of an earlier one. Throws QUEUE_VIEWS_FULL. */
export const saveView = async (
  pool: pg.Pool,
  {
    me,
    name,
    filters,
    shared,
  }: { me: string; name: string; filters: QueueFilters; shared: boolean },
): Promise<QueueView> => {
  const { rowCount } = await readingTables(() =>
    pool.query({
      name: "queue view kept",
      text: `insert into queue_views (owner, name, filters, shared)
             select $1, $2, $3, $4
             where (select count(*) from queue_views where owner = $1 and name <> $2) < ${viewsMost}
             on conflict (owner, name) do update
             set filters = excluded.filters, shared = excluded.shared, updated_at = now()`,
      values: [me, name, JSON.stringify(filters), shared],
    }),
  );
  if (rowCount === 0) throw failure("QUEUE_VIEWS_FULL", `${viewsMost}`);
  return { owner: me, name, filters, shared, mine: true };
};

/** Removes one's own view. Throws QUEUE_VIEW_UNKNOWN. */
export const dropView = async (pool: pg.Pool, me: string, name: string): Promise<void> => {
  const { rowCount } = await readingTables(() =>
    pool.query("delete from queue_views where owner = $1 and name = $2", [me, name]),
  );
  if (rowCount === 0) throw failure("QUEUE_VIEW_UNKNOWN", name);
};
