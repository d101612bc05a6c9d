import { randomBytes } from "node:crypto";
import type pg from "pg";
import { readConfig } from "../../src/config.ts";
import { locateServers } from "../../src/embedded/servers.ts";
import { transactionsStream } from "../../src/events/topics.ts";
import { openWriter } from "../../src/stream/writer.ts";
import { until } from "../launch.ts";
import { consolePlace } from "./browser.ts";

/** Writes transactions that break their contract past the API, which would refuse them. */
export const givenBadRecords = async (
  pool: pg.Pool,
  { most, more }: { most: number; more: object },
): Promise<string[]> => {
  const { folder } = await consolePlace();
  const { bootstrap } = locateServers(readConfig({ dataFolder: folder }, {}), ["kafka"]).kafka;
  const before = await countOf(pool);
  const writer = await openWriter({ bootstrap, space: "live", source: "test@1" });
  const ids = Array.from({ length: most }, () => `BAD-${randomBytes(4).toString("hex")}`);
  for (const id of ids) {
    const value = {
      ...transactionsStream.example,
      customer_id: id,
      transaction_id: `${id}-1`,
      txn_time: new Date(Date.now() - 60_000).toISOString(),
      event_time: null,
      account_id: "ACC-OF-A-PERSON",
      ...more,
    };
    const bytes = Buffer.from(JSON.stringify(value));
    await writer.send(transactionsStream, id, null, { bytes, time: Date.now() - 60_000 });
  }
  await writer.close();
  await until("they are dead letters", async () => (await countOf(pool)) >= before + most);
  return ids;
};

const countOf = async (pool: pg.Pool): Promise<number> =>
  Number((await pool.query("select count(*) as n from dead_letters")).rows[0].n);
