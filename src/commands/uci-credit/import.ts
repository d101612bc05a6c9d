import { openPool } from "../../db.ts";
import { readSpace } from "../../ingest/import/progress.ts";
import { statementOf } from "../../ingest/import/uci-credit/calendar.ts";
import { customerIdOf } from "../../ingest/import/uci-credit/clients.ts";
import { cardSource, readFolder } from "../../ingest/import/uci-credit/folder.ts";
import { shippedScoring } from "../berka/policies.ts";
import type { Import, Place } from "../import-kind.ts";
import type { Timing } from "../space-totals.ts";
import { summarise, summaryLines } from "./summary.ts";

/**
 * The card clients of a bank in Taiwan, 2005: their statements, payments and arrears by month, and
 * who defaulted the month after. The shipped model scores them from what the line knows of a
 * customer; what a model of the card's own months is worth, `results` says.
 */
export const openCards = async (folder: string, takesUndocumented: boolean): Promise<Import> => {
  const book = await readFolder(folder, takesUndocumented);
  const source = cardSource(book);
  /** Whether an earlier run had written everything: then this one's times say nothing. */
  let isDone = false;

  const prepare = async ({ config, bootstrap }: Place): Promise<boolean> => {
    const { progress } = await readSpace(bootstrap, config.space);
    isDone = progress.get(source.sha256)?.done === true;
    return false;
  };

  const summary = async ({ config }: Place, timing?: Timing) => {
    const { bands } = await shippedScoring();
    const ends = book.clients.map((client) => ({
      customer_id: customerIdOf(client),
      /** No score from after the last statement is counted. */
      before: statementOf(client.months[0].month),
      defaulted: client.defaulted,
    }));
    const pool = openPool(config);
    try {
      const files = book.reports;
      const asked = { pool, ends, files, bands, timing: isDone ? undefined : timing };
      const json = await summarise(asked);
      return { json, lines: summaryLines(json) };
    } finally {
      await pool.end();
    }
  };
  return { kind: source.kind, source, prepare, summary };
};
