import type { Archived } from "./serve/journey/records.ts";
import { Forgotten } from "./sink/archive/forgotten.ts";
import { readParquet } from "./sink/archive/parquet.ts";
import { listFiles, ofPartition, topicFolder } from "./sink/archive/place.ts";
import { archivedTopics } from "./sink/archive/topics.ts";
import { inSpace } from "./stream/space.ts";

/** Single records that have left Kafka, from the archive; those who were erased are left out. */
export const openArchived =
  ({ folder, space }: { folder: string; space: string }): Archived =>
  async ({ topic, partition, offset }) => {
    const contract = archivedTopics.find(({ name }) => name === topic);
    if (contract === undefined) return undefined;
    const files = ofPartition(await listFiles(topicFolder(folder, space, topic)), partition);
    const file = files.find(({ first, last }) => first <= offset && offset <= last);
    if (file === undefined) return undefined;
    const record = (await readParquet(file.path)).find((one) => one.offset === offset);
    const forgotten = await Forgotten.open(folder, space);
    if (record === undefined || forgotten.coversRecord(contract, record)) return undefined;
    const { key, value, appendTime: timestamp, headers } = record;
    const place = { topic: inSpace(space, topic), partition, offset };
    return {
      ...place,
      key: key === null ? null : Buffer.from(key),
      value,
      timestamp,
      headers: [...headers],
    };
  };
