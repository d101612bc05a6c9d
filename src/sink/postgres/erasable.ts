import type pg from "pg";

/** Who asked for an erasure or looked, and why, is kept: it names the customer and says no more. */
const kept: readonly string[] = ["profile_commands", "access_log"];

/**
 * Every table of the space with rows of customers: what an erasure empties. Asked of Postgres, so
 * that a table that somebody adds is not forgotten.
 */
export const erasableIn = async (pool: pg.Pool): Promise<string[]> => {
  const { rows } = await pool.query<{ name: string }>(
    `select c.table_name as name
     from information_schema.columns c
     join information_schema.tables t using (table_schema, table_name)
     where c.table_schema = current_schema() and c.column_name = 'customer_id'
       and t.table_type = 'BASE TABLE' order by 1`,
  );
  return rows.map(({ name }) => name).filter((name) => !kept.includes(name));
};
