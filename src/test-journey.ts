import { after } from "node:test";
import { testServers } from "./embedded/test-servers.ts";
import { testSpace } from "./embedded/test-space.ts";
import {
  caseDecisions,
  customerFeatures,
  customerUpdates,
  deadLetters,
  interventionsStream,
  lateEvents,
  notificationResults,
  notifications,
  predictionsStream,
  transactionsStream,
} from "./events/topics.ts";
import { readJourney } from "./serve/journey/journey.ts";
import { Records } from "./serve/journey/records.ts";
import type { Hop } from "./serve/messages/journey.ts";
import { TopicDesk } from "./serve/topics/desk.ts";
import { AdminPort } from "./stream/admin.ts";
import { headerName, writeHeader } from "./stream/header.ts";
import { ingestId, traceOf } from "./stream/ids.ts";
import { Producer, type RawMessage } from "./stream/kafka.ts";
import { partitionOf } from "./stream/partition.ts";
import { headersForRedrive } from "./stream/redrive.ts";
import { inSpace } from "./stream/space.ts";
import type { Topic } from "./stream/topic.ts";
import { topologyOf } from "./stream/topology.ts";

const { kafka, postgres } = await testServers(["kafka", "postgres"]);
const { bootstrap } = kafka;
export const { space, pool } = await testSpace(postgres.url);

const stream = (of: unknown) => of as Topic;
const processor = (name: string, reads: unknown[], writes: unknown[]) => ({
  role: name,
  processors: [{ name, group: `${name}-group`, reads, writes, run: () => undefined } as never],
  ingests: [],
  sinks: [],
});
const topology = topologyOf(
  [
    {
      role: "api",
      processors: [],
      ingests: [
        {
          name: "http",
          topics: [
            transactionsStream,
            notificationResults,
            caseDecisions,
            customerUpdates,
          ] as never,
        },
      ],
      sinks: [],
    },
    processor("scorer", [transactionsStream], [predictionsStream, customerFeatures]),
    processor(
      "contact",
      [predictionsStream, notificationResults],
      [interventionsStream, notifications],
    ),
  ],
  {
    topics: [
      caseDecisions,
      customerUpdates,
      transactionsStream,
      predictionsStream,
      customerFeatures,
      interventionsStream,
      notifications,
      notificationResults,
      lateEvents,
      deadLetters,
    ] as unknown as Topic[],
    deadLetters: stream(deadLetters),
    lateEvents: stream(lateEvents),
  },
);

const admin = AdminPort.open(bootstrap);
for (const one of topology.topics) await admin.create(inSpace(space, one.name), one, 1);
export const producer = await Producer.connect({ bootstrap, settings: { "linger.ms": 0 } });
const writerOf = () => undefined;
const desk = new TopicDesk({ bootstrap, space, writerOf, topology: () => topology });
export const archive = new Map<string, RawMessage>();
export const records = new Records(desk, async ({ topic, partition, offset }) =>
  archive.get(`${topic}-${partition}-${offset}`),
);
after(async () => {
  await desk.close();
  await producer.close();
  for (const one of topology.topics) await admin.remove(inSpace(space, one.name));
  admin.close();
});

export const ends = new Map<string, number>();
type More = {
  origin?: string;
  id?: string;
  source?: string;
  at?: number;
  dead?: object;
  redriveOf?: string;
};

export const headersOf = ({
  origin,
  id,
  source = "http@1",
  at = Date.now(),
  dead,
  redriveOf,
}: More) => {
  const own = id ?? ingestId(Date.now());
  const times = { eventTime: at, ingestTime: Date.now() };
  const names = { id: own, type: "test", source, schema: "1", origin: origin ?? own };
  const header = { [headerName]: writeHeader({ ...names, ...times, trace: traceOf(own) }) };
  if (redriveOf) return headersForRedrive([], "scorer-group", redriveOf).concat(header);
  return dead ? [header, { dead: JSON.stringify(dead) }] : [header];
};
/** Sends a record; returns its place. */
export const put = async (
  to: { name: string; partitions: number },
  customer: string,
  value: object,
  more: More = {},
) => {
  const partition = partitionOf(customer, to.partitions);
  const lane = `${to.name}-${partition}`;
  const offset = ends.get(lane) ?? 0;
  ends.set(lane, offset + 1);
  const bytes = Buffer.from(JSON.stringify({ customer_id: customer, ...value }));
  producer.produce(inSpace(space, to.name), partition, bytes, customer, headersOf(more));
  await producer.flush();
  return `${lane}-${offset}`;
};
export const journey = (id: string) => readJourney(records, pool, id);
export const brief = (hops: readonly Hop[]) =>
  hops.map(({ id, parent, main }) => `${main ? "*" : " "} ${id} < ${parent}`);
export const hopAt = (hops: readonly Hop[], id: string) => hops.find((hop) => hop.id === id) as Hop;
