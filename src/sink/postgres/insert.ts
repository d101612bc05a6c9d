import type pg from "pg";
import type { Row, Table } from "./table.ts";

/** A row with the place of its record, to name the record if Postgres refuses the row. */
export type Placed = {
  row: Row;
  /** The row of this key is to go; of `row` only the key counts. */
  gone: boolean;
  place: string;
  appendTime: number;
};
export type Refused = Pick<Placed, "place" | "appendTime"> & { code: string };

/** One statement for any number of rows, which come as one JSON text. */
export const insertSql = ({ name, into = name, columns, key, keeps }: Table): string => {
  const names = Object.keys(columns);
  const typed = names.map((column) => `${column} ${columns[column]}`).join(", ");
  const changed = names.filter((column) => !key.includes(column));
  const onConflict =
    keeps === "newest" && changed.length > 0
      ? `(${key}) do update set ${changed.map((c) => `${c} = excluded.${c}`).join(", ")}`
      : "do nothing";
  return (
    `insert into ${into} (${names}) select ${names} from json_to_recordset($1) ` +
    `as r(${typed}) on conflict ${onConflict}`
  );
};

/** One statement that takes away the rows of any number of keys. */
const deleteSql = ({ name, into = name, columns, key }: Table): string => {
  const typed = key.map((column) => `${column} ${columns[column]}`).join(", ");
  const same = key.map((column) => `t.${column} = r.${column}`).join(" and ");
  return `delete from ${into} t using json_to_recordset($1) as r(${typed}) where ${same}`;
};

/** The newest row of each key: one statement cannot change a row twice. */
const newestOf = (rows: Placed[], key: readonly string[]): Placed[] => {
  const byKey = new Map<string, Placed>();
  for (const placed of rows) {
    const name = key.map((column) => String(placed.row[column])).join("\n");
    byKey.delete(name);
    byKey.set(name, placed);
  }
  return [...byKey.values()];
};

export class Inserter {
  readonly table: Table;
  readonly #insert: string;
  readonly #delete: string;
  constructor(table: Table) {
    this.table = table;
    this.#insert = insertSql(table);
    this.#delete = deleteSql(table);
  }

  async #put(client: pg.ClientBase, placed: Placed[]): Promise<void> {
    const { name } = this.table;
    const gone = placed.filter((each) => each.gone);
    const values = (rows: Placed[]) => [JSON.stringify(rows.map(({ row }) => row))];
    if (gone.length > 0)
      await client.query({ name: `sink ${name} gone`, text: this.#delete, values: values(gone) });
    if (gone.length === placed.length) return;
    const rows = gone.length === 0 ? placed : placed.filter((each) => !each.gone);
    await client.query({ name: `sink ${name}`, text: this.#insert, values: values(rows) });
  }

  async insert(client: pg.ClientBase, placed: Placed[]): Promise<void> {
    const { keeps, key } = this.table;
    await this.#put(client, keeps === "newest" ? newestOf(placed, key) : placed);
  }

  /**
   * Inserts what Postgres takes and returns what it refuses, found by halving under savepoints: one
   * row that does not fit a column must not stop all that comes after it.
   */
  async insertWhatFits(client: pg.ClientBase, placed: Placed[]): Promise<Refused[]> {
    if (placed.length === 0) return [];
    await client.query("savepoint part");
    try {
      await this.insert(client, placed);
      await client.query("release savepoint part");
      return [];
    } catch (thrown) {
      if (!isDataFault(thrown)) throw thrown;
      await client.query("rollback to savepoint part; release savepoint part");
      const [{ place, appendTime }] = placed;
      if (placed.length === 1)
        return [{ place, appendTime, code: String((thrown as { code?: string }).code) }];
    }
    const half = placed.length >> 1;
    const first = await this.insertWhatFits(client, placed.slice(0, half));
    const second = await this.insertWhatFits(client, placed.slice(half));
    return [...first, ...second];
  }
}

/** Whether Postgres refused a value: SQLSTATE 22 (data), 23 (constraint), 54 (limits). */
export const isDataFault = (thrown: unknown): boolean =>
  /^(22|23|54)/.test((thrown as { code?: string }).code ?? "");
