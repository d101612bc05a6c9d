import { setTimeout as delay } from "node:timers/promises";
import { predictionsStream } from "../src/events/prediction.ts";
import { Quantiles } from "../src/rules/quantiles.ts";
import { Random } from "../src/rules/random.ts";
import { type PageWish, TopicDesk } from "../src/serve/topics/desk.ts";
import { messageOf } from "../src/serve/topics/message.ts";
import { AdminPort } from "../src/stream/admin.ts";
import { headerName, writeHeader } from "../src/stream/header.ts";
import { Producer } from "../src/stream/kafka.ts";
import { inSpace } from "../src/stream/space.ts";
import type { Topic } from "../src/stream/topic.ts";
import { type Bench, measureUndisturbed } from "./context.ts";
import { newSpace } from "./line-setup.ts";

/** So many records, of so many customers: a year of a small bank on one topic. */
const sizes = { whole: 10_000_000, quick: 500_000 };
const customers = 20_000;
const tries = 40;
const triesByKey = 8;
const quietMs = 5_000;

const stream = predictionsStream as unknown as Topic;

const keyOf = (n: number): string => `CUST-${String(n % customers).padStart(6, "0")}`;

const fill = async ({ bootstrap, signal }: Bench, space: string, records: number) => {
  const producer = await Producer.connect({ bootstrap });
  const name = inSpace(space, stream.name);
  try {
    for (let n = 0; n < records; n++) {
      const id = `id-${n}`;
      const times = { eventTime: n, ingestTime: n };
      const names = { id, type: "prediction", source: "bench@1", schema: "1", origin: id };
      const header = { [headerName]: writeHeader({ ...names, ...times, trace: id }) };
      const value = `{"prediction_id":"${id}","customer_id":"${keyOf(n)}","risk_score":0.5}`;
      const bytes = Buffer.from(value);
      while (producer.produce(name, -1, bytes, keyOf(n), [header]) !== 0) await delay(5);
      if (n % 100_000 === 0) signal.throwIfAborted();
    }
    await producer.flush(120_000);
  } finally {
    await producer.close();
  }
};

/** Times whole pages, from the question until every message is decoded. */
const timePages = async (desk: TopicDesk, wishes: readonly PageWish[]) => {
  const ms = new Quantiles(10);
  let looked = 0;
  let shown = 0;
  const about = desk.about(stream.name);
  for (const wish of wishes) {
    const began = performance.now();
    const page = await desk.page(stream.name, wish);
    shown += page.found.map((one) => messageOf(about, desk, one)).length;
    ms.record(Math.round((performance.now() - began) * 1_000));
    looked += page.looked;
  }
  return {
    p50_ms: ms.at(0.5) / 1_000,
    p99_ms: ms.at(0.99) / 1_000,
    looked_at: Math.round(looked / wishes.length),
    shown: Math.round(shown / wishes.length),
  };
};

const spread = { order: "older", most: 50 } as const;

/** What is asked of the topic, each with its name in the report. */
const questions = (
  random: Random,
  records: number,
  { from, to }: { from: number; to: number },
): [string, PageWish[]][] => {
  const some = (of: () => PageWish, count = tries) => Array.from({ length: count }, of);
  const inOne = records / stream.partitions;
  const offset = () => Math.floor((0.1 + 0.8 * random.unit()) * inOne);
  const time = () => Math.floor(from + random.unit() * (to - from));
  const key = () => keyOf(Math.floor(random.unit() * customers));
  return [
    ["the newest", some(() => ({ ...spread, from: "end" }))],
    ["the oldest", some(() => ({ ...spread, order: "newer", from: "start" }))],
    ["around an offset of all partitions", some(() => ({ ...spread, from: { offset: offset() } }))],
    ["from a time", some(() => ({ ...spread, from: { ms: time() } }))],
    ["the newest of a customer", some(() => ({ ...spread, most: 1, from: "end", key: key() }))],
    ["50 of a customer", some(() => ({ ...spread, from: "end", key: key() }), triesByKey)],
  ];
};

/** How long the first page takes from any place of a topic with 10 million records. */
export const measureTopics = async (bench: Bench): Promise<void> => {
  const { bootstrap, rounds, quick, say, signal } = bench;
  const records = quick ? sizes.quick : sizes.whole;
  const space = newSpace();
  const admin = AdminPort.open(bootstrap);
  const topology = () => ({ topics: [stream], nodes: [], edges: [] });
  const desk = new TopicDesk({ bootstrap, space, topology, writerOf: () => undefined });
  try {
    await admin.create(inSpace(space, stream.name), stream, 1);
    say(`Writing ${records.toLocaleString("en-US")} records to browse`);
    const from = Date.now();
    await fill(bench, space, records);
    const to = Date.now();
    await delay(quietMs, undefined, { signal });
    await desk.page(stream.name, { ...spread, from: "end" });
    for (let round = 1; round <= rounds; round++)
      for (const [what, wishes] of questions(new Random(1, 2, 3, round), records, { from, to })) {
        const subject = { section: "topics", what, who: "Bellwether", round } as const;
        await measureUndisturbed(bench, subject, () => timePages(desk, wishes));
      }
  } finally {
    await desk.close();
    await admin.remove(inSpace(space, stream.name)).catch(() => {});
    admin.close();
  }
};
