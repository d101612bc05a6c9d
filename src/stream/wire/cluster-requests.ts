import { Encoder } from "./bytes.ts";
import type { Connection } from "./connection.ts";

/** The requests that any broker answers, in versions that every Kafka from 2.8 on speaks. */
export type Broker = { id: number; host: string; port: number };
/**
 * A partition's leader; each change of it has a higher epoch. A broker of -1: nobody leads.
 * `inSync`: how many replicas, itself among them, have what it has.
 */
export type Leader = { broker: number; epoch: number; inSync: number };
export type KnownTopic = {
  name: string;
  /** Differs where a topic was removed and made anew. */
  id: string;
  error: number;
  leaders: Leader[];
};
/** `controller`: the broker that decides on topics, or hands on to the one that does. */
export type Metadata = { brokers: Broker[]; controller: number; topics: KnownTopic[] };

/** Any other broker may be asked, so none is waited for long. */
const timeoutMs = 4_000;
const noId = Buffer.alloc(16);

/** The brokers that are up, and who leads the partitions of these topics; null: of all. */
export const askMetadata = async (
  connection: Connection,
  topics: readonly string[] | null,
): Promise<Metadata> => {
  const body = new Encoder();
  body.array(topics, (topic) => body.raw(noId).text(topic).end());
  body.bool(false).bool(false).bool(false).end();
  const request = { name: "Metadata", key: 3, version: 10, body: [body.written], timeoutMs };
  const answer = await connection.ask(request);
  answer.int32();
  const brokers = answer.array(() => {
    const id = answer.int32();
    const host = answer.text() as string;
    const port = answer.int32();
    answer.text();
    answer.end();
    return { id, host, port };
  });
  answer.text();
  const controller = answer.int32();
  const found = answer.array(() => {
    const error = answer.int16();
    const name = answer.text() as string;
    const id = answer.uuid();
    answer.bool();
    const leaders: Leader[] = [];
    answer.array(() => {
      answer.int16();
      const partition = answer.int32();
      const [broker, epoch] = [answer.int32(), answer.int32()];
      const [, inSync] = [0, 1, 2].map(() => answer.array(() => answer.int32()).length);
      leaders[partition] = { broker, epoch, inSync };
      answer.end();
    });
    answer.int32();
    answer.end();
    return { name, id, error, leaders };
  });
  return { brokers, controller, topics: found };
};

/** The broker that coordinates a group or a transaction. */
export const askCoordinator = async (
  connection: Connection,
  kind: "group" | "transaction",
  id: string,
): Promise<Broker & { error: number; message: string }> => {
  const body = new Encoder().text(id).int8(kind === "group" ? 0 : 1);
  const request = { name: "FindCoordinator", key: 10, version: 3, timeoutMs };
  const answer = await connection.ask({ ...request, body: [body.end().written] });
  answer.int32();
  const error = answer.int16();
  const message = answer.text() ?? `error ${error}`;
  const broker = answer.int32();
  return { error, message, id: broker, host: answer.text() ?? "", port: answer.int32() };
};
