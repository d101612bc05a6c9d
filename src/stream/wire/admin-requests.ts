import { type Decoder, Encoder } from "./bytes.ts";
import type { Connection, Request } from "./connection.ts";

/** What makes, removes and lists topics and groups, in versions that every Kafka from 2.8 knows. */
export type NewTopic = {
  name: string;
  partitions: number;
  replication: number;
  config: Readonly<Record<string, string>>;
};
/** What became of a topic, with the broker's own sentence where it refuses. */
export type Decided = { error: number; message: string };

/** How long the broker may take to do it. */
const doneMaxMs = 10_000;
/** Other decisions may stand before it on the same connection. */
const timeoutMs = 30_000;

export const createTopic = async (
  connection: Connection,
  { name, partitions, replication, config }: NewTopic,
): Promise<Decided> => {
  const body = new Encoder();
  body.array([name], () => {
    body.text(name).int32(partitions).int16(replication);
    body.array([], () => {});
    body.array(Object.entries(config), ([key, value]) => body.text(key).text(value).end());
    body.end();
  });
  body.int32(doneMaxMs).bool(false).end();
  const request = { name: "CreateTopics", key: 19, version: 5, timeoutMs };
  return decided(connection, { ...request, body: [body.written] });
};

export const deleteTopic = async (connection: Connection, name: string): Promise<Decided> => {
  const body = new Encoder();
  body.array([name], () => body.text(name));
  body.int32(doneMaxMs).end();
  const request = { name: "DeleteTopics", key: 20, version: 5, timeoutMs };
  return decided(connection, { ...request, body: [body.written] });
};

/** Both answers begin alike, and of one topic no more is needed. */
const decided = async (connection: Connection, request: Request): Promise<Decided> => {
  const answer = await connection.ask(request);
  answer.int32();
  const [found] = answer.array(() => {
    answer.text();
    const error = answer.int16();
    return { error, message: answer.text() ?? `Kafka's error ${error}` };
  });
  return found;
};

/** The groups that one broker looks after. */
export const listGroups = async (
  connection: Connection,
): Promise<{ error: number; groups: string[] }> => {
  const body = new Encoder().end();
  const request = { name: "ListGroups", key: 16, version: 3, body: [body.written] };
  const answer = await connection.ask(request);
  answer.int32();
  const error = answer.int16();
  const groups = answer.array(() => {
    const group = answer.text() ?? "";
    answer.text();
    answer.end();
    return group;
  });
  return { error, groups };
};

export const deleteGroupRequest = (group: string): Request => {
  const body = new Encoder();
  body.array([group], () => body.text(group)).end();
  return { name: "DeleteGroups", key: 42, version: 2, body: [body.written] };
};

export const readDeleted = (answer: Decoder): { error: number } => {
  answer.int32();
  const [error] = answer.array(() => {
    answer.text();
    return answer.int16();
  });
  return { error };
};
