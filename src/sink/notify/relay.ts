import { channel } from "node:diagnostics_channel";
import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { isUnreachable, type Say, schemaOf, transact } from "../../db.ts";
import { backoffMs, Failure, failure, sentenceOf } from "../../errors.ts";
import { type NotificationResult, notificationResults } from "../../events/notification.ts";
import { orStopped } from "../../stream/stopping.ts";
import { openWriter, type Writer } from "../../stream/writer.ts";

const batchMost = 500;
const idleMs = 200;

type Waiting = { seq: string; result_id: string; key: string; value: NotificationResult };

/** Published for each result that has reached Kafka. */
export type ResultPublished = { channel: string; status: NotificationResult["status"] };
export const resultPublished = channel("bellwether.notify");

export type RelayOptions = { bootstrap: string; space: string; pool: pg.Pool; say: Say };

/**
 * Publishes the oldest results and takes them out of the outbox; returns how many. One relay of a
 * space at a time does so. One that dies before they are out has them published again, with the
 * same ids.
 */
const publish = ({ pool, space }: RelayOptions, writer: Writer): Promise<number> =>
  transact(pool, async (client) => {
    const lock = await client.query<{ mine: boolean }>(
      "select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as mine",
      [`bellwether notification results ${schemaOf(space)}`],
    );
    if (!lock.rows[0].mine) return 0;
    const { rows } = await client.query<Waiting>({
      name: "oldest results",
      text: `select seq, result_id, key, value from notification_outbox
             order by seq limit ${batchMost}`,
    });
    if (rows.length === 0) return 0;
    for (const { result_id: id, key, value } of rows)
      await writer.send(notificationResults, key, value, { id });
    await writer.flush();
    const gone = [rows.map(({ seq }) => seq)];
    await client.query("delete from notification_outbox where seq = any($1)", gone);
    for (const { value } of rows) {
      const published: ResultPublished = { channel: value.channel, status: value.status };
      resultPublished.publish(published);
    }
    return rows.length;
  });

/** The client's own words say less than that Kafka is away. */
const whyOf = (thrown: unknown, bootstrap: string): string =>
  sentenceOf(thrown instanceof Failure ? thrown : failure("KAFKA_UNREACHABLE", bootstrap));

/** Publishes results until the signal, whatever is away in between. */
export const openRelay = (
  options: RelayOptions,
): { run: (signal: AbortSignal) => Promise<void> } => ({
  run: async (signal) => {
    const { bootstrap, space, say } = options;
    for (let failures = 0; !signal.aborted; ) {
      let writer: Writer | undefined;
      try {
        const opening = openWriter({ bootstrap, space, source: "notify@1" });
        opening.catch(() => {});
        writer = await orStopped(opening, signal);
        if (writer === undefined) void opening.then((late) => late.close()).catch(() => {});
        while (writer && !signal.aborted) {
          const publishing = publish(options, writer);
          publishing.catch(() => {});
          const published = await orStopped(publishing, signal);
          if (published !== undefined && failures > 0) {
            say("Results of notifications are being published again.");
            failures = 0;
          }
          if (published === 0) await delay(idleMs, undefined, { signal }).catch(() => {});
        }
      } catch (thrown) {
        // Postgres is missed by the sender too, which says so.
        if (failures === 0 && !isUnreachable(thrown))
          say(`Results of notifications wait: ${whyOf(thrown, bootstrap)}`);
        await delay(backoffMs(failures++), undefined, { signal }).catch(() => {});
      } finally {
        void writer?.close().catch(() => {});
      }
    }
  },
});
