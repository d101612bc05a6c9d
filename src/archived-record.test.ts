import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openArchived } from "./archived-record.ts";
import type { Contract } from "./events/contract.ts";
import { transactionsStream } from "./events/topics.ts";
import { putFile } from "./sink/archive/file.ts";
import { Forgotten } from "./sink/archive/forgotten.ts";
import { type LogRecord, writeParquet } from "./sink/archive/parquet.ts";
import { filePath, topicFolder } from "./sink/archive/place.ts";

const folder = mkdtempSync(join(tmpdir(), "bellwether-archived-"));
after(() => rmSync(folder, { recursive: true }));
const space = "testarchived";
const topic = transactionsStream as Contract<unknown>;
const appendTime = Date.UTC(2026, 0, 5);

const recordOf = (offset: number, customer: string): LogRecord => ({
  offset,
  key: customer,
  value: Buffer.from(JSON.stringify({ ...transactionsStream.example, customer_id: customer })),
  headers: [{ bw: Buffer.from("1|id|transaction|test@1|1|file-1|0|0|trace") }],
  appendTime,
});

test("given a file of the archive, then a record of it is found by where it lay", async () => {
  const records = [recordOf(10, "KEPT"), recordOf(12, "ERASED"), recordOf(19, "LAST")];
  const of = topicFolder(folder, space, topic.name);
  const path = filePath(of, 3, { first: 10, last: 20 }, appendTime);
  await putFile(path, writeParquet(topic, records, { topicId: "id" }));
  const archived = openArchived({ folder, space });
  const at = (offset: number, partition = 3) => archived({ topic: topic.name, partition, offset });
  const found = await at(10);
  assert.ok(found);
  assert.deepEqual(
    [found.topic, found.partition, found.offset, found.key?.toString(), found.timestamp],
    [`${space}.${topic.name}`, 3, 10, "KEPT", appendTime],
  );
  assert.deepEqual(found.value, records[0].value);
  assert.deepEqual(found.headers?.[0].bw.toString(), records[0].headers[0].bw.toString());
  for (const nothing of [await at(11), await at(21), await at(10, 2)])
    assert.equal(nothing, undefined);
  assert.equal(await archived({ topic: "dead-letters", partition: 3, offset: 10 }), undefined);

  assert.ok(await at(12));
  const forgotten = await Forgotten.open(folder, space);
  await forgotten.add("ERASED", appendTime);
  assert.equal(await at(12), undefined, "who was erased is left out");
  assert.ok(await at(19));
});
