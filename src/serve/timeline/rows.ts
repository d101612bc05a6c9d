import type pg from "pg";
import { readingTables } from "../vectors.ts";

const queryMaxMs = 5_000;

type Question = {
  /** Under which Postgres keeps its plan; without it, it is made anew. */
  name?: string;
  text: string;
  values?: unknown[];
};

/** The rows that answer a question, within 5 s. Throws READ_MODEL_AWAY. */
export const rowsOf = async <R extends pg.QueryResultRow>(
  pool: pg.Pool,
  question: Question,
): Promise<R[]> => {
  const bounded = { ...question, query_timeout: queryMaxMs };
  return (await readingTables(() => pool.query<R>(bounded))).rows;
};
