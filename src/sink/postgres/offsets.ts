import type pg from "pg";
import { failure } from "../../errors.ts";
import { partKey } from "../../stream/reader.ts";

/** One step of a table along one partition: from the offset that the sink knows to the next. */
export type Step = {
  sink: string;
  topic: string;
  topic_id: string;
  partition: number;
  old: number;
  next: number;
};
export type Part = { topic: string; partition: number };

/** Names a table's place on a partition. */
export const placeKey = (sink: string, topic: string, partition: number): string =>
  `${sink} ${partKey(topic, partition)}`;

const moveSql = `
  update sink_offsets o set next = s.next
  from json_to_recordset($1) as s(
    sink text, topic text, topic_id text, partition integer, old bigint, next bigint)
  where o.sink = s.sink and o.topic = s.topic and o.partition = s.partition
    and o.topic_id = s.topic_id and o.next = s.old`;

/**
 * Moves the offsets within the caller's transaction; false when any is not where the sink believes
 * it to be, upon which the caller must roll back: somebody else has written from there.
 */
export const moveOffsets = async (client: pg.ClientBase, steps: Step[]): Promise<boolean> => {
  const values = [JSON.stringify(steps)];
  const { rowCount } = await client.query({ name: "sink offsets", text: moveSql, values });
  return rowCount === steps.length;
};

/**
 * Where the tables stand on these partitions, by `placeKey`; those never seen begin at 0. Refuses a
 * topic that has been created anew since, as its offsets say nothing of the old one's.
 */
export const readOffsets = async (
  pool: pg.Pool,
  sinks: readonly string[],
  parts: readonly Part[],
  topicIds: ReadonlyMap<string, string>,
): Promise<Map<string, number>> => {
  const asked = sinks.flatMap((sink) =>
    parts.map((p) => ({ sink, ...p, topic_id: topicIds.get(p.topic) })),
  );
  await pool.query(
    `insert into sink_offsets (sink, topic, topic_id, partition, next)
     select sink, topic, topic_id, partition, 0 from json_to_recordset($1) as s(
       sink text, topic text, topic_id text, partition integer)
     on conflict do nothing`,
    [JSON.stringify(asked)],
  );
  const { rows } = await pool.query<Omit<Step, "old" | "next"> & { next: string }>(
    "select sink, topic, topic_id, partition, next from sink_offsets where sink = any($1)",
    [sinks],
  );
  const wanted = new Set(parts.map((p) => partKey(p.topic, p.partition)));
  const found = new Map<string, number>();
  for (const row of rows) {
    if (!wanted.has(partKey(row.topic, row.partition))) continue;
    if (row.topic_id !== topicIds.get(row.topic))
      throw failure("TOPIC_RECREATED", row.topic, row.sink);
    found.set(placeKey(row.sink, row.topic, row.partition), Number(row.next));
  }
  return found;
};
