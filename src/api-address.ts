import type pg from "pg";
import { isUnreachable } from "./db.ts";

type Db = Pick<pg.Pool, "query">;

/** Notes where the API of the space answers, for commands that print an address of it. */
export const noteAddress = async (db: Db, url: string): Promise<void> => {
  try {
    await db.query(
      `insert into api_address (url) values ($1)
       on conflict (only_one) do update set url = excluded.url, since = now()`,
      [url],
    );
  } catch (thrown) {
    // It answers all the same; a command then says that it does not know where.
    if (!isUnreachable(thrown)) throw thrown;
  }
};

/** Where the API of the space answered last. */
export const readAddress = async (db: Db): Promise<string | undefined> =>
  (await db.query<{ url: string }>("select url from api_address")).rows[0]?.url;
