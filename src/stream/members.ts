import { failure } from "../errors.ts";
import type { TopicPartition } from "./kafka.ts";
import { codes, KafkaError } from "./kafka-error.ts";
import { type Decoder, Encoder } from "./wire/bytes.ts";
import { Cluster } from "./wire/cluster.ts";
import type { Connection } from "./wire/connection.ts";
import { readAssignment } from "./wire/group-requests.ts";

/**
 * Who is in which group, asked in Kafka's own protocol. The client's call for it reads a null
 * pointer, and ends the process, when one group's answer fails, as it does when a busy broker
 * answers late.
 */
export type Member = {
  readonly id: string;
  readonly clientId: string;
  /** For a member that keeps its place over a restart. */
  readonly instance: string | undefined;
  readonly host: string;
  readonly parts: readonly TopicPartition[];
};
export type DescribedGroup = {
  readonly group: string;
  readonly state: "stable" | "changing" | "empty" | "dead" | "unknown";
  readonly members: readonly Member[];
};

const answerMaxMs = 5_000;

const states: Readonly<Record<string, DescribedGroup["state"]>> = {
  Stable: "stable",
  PreparingRebalance: "changing",
  CompletingRebalance: "changing",
  Empty: "empty",
  Dead: "dead",
};

const readMember = (answer: Decoder): Member => {
  const id = answer.text() ?? "";
  const instance = answer.text() ?? undefined;
  const clientId = answer.text() ?? "";
  const host = (answer.text() ?? "").replace(/^\//, "");
  answer.block();
  const parts = readAssignment(answer.block());
  answer.end();
  return { id, instance, clientId, host, parts };
};

const describe = async (
  connection: Connection,
  groups: readonly string[],
): Promise<DescribedGroup[]> => {
  const body = new Encoder();
  body.array(groups, (group) => body.text(group));
  body.bool(false).end();
  const answer = await connection.ask({
    name: "DescribeGroups",
    key: 15,
    version: 5,
    body: [body.written],
    timeoutMs: answerMaxMs,
  });
  answer.int32();
  return answer.array((): DescribedGroup => {
    const refused = answer.int16();
    const group = answer.text() ?? "";
    const state = states[answer.text() ?? ""] ?? "unknown";
    answer.text();
    answer.text();
    const members = answer.array(() => readMember(answer));
    answer.int32();
    answer.end();
    return { group, state: refused === 0 ? state : "unknown", members };
  });
};

/** The connection to whoever looks after a group; undefined where nobody does just now. */
const coordinatorOf = async (cluster: Cluster, group: string): Promise<Connection | undefined> => {
  try {
    return await cluster.coordinator("group", group);
  } catch (thrown) {
    if (thrown instanceof KafkaError && thrown.code !== codes.noTransport) return undefined;
    throw thrown;
  }
};

/**
 * State and members of groups, in the order asked; one that nobody knows is dead, without members.
 * Throws KAFKA_UNREACHABLE.
 */
export const describeGroups = async (
  bootstrap: string,
  groups: readonly string[],
): Promise<DescribedGroup[]> => {
  const cluster = new Cluster(bootstrap);
  try {
    await cluster.connection();
    const connections = await Promise.all(groups.map((group) => coordinatorOf(cluster, group)));
    const found = new Map<string, DescribedGroup>();
    for (const [connection, own] of Map.groupBy(groups, (_, at) => connections[at]))
      for (const one of connection ? await describe(connection, own) : [])
        found.set(one.group, one);
    return groups.map((group) => found.get(group) ?? { group, state: "unknown", members: [] });
  } catch (thrown) {
    throw failure("KAFKA_UNREACHABLE", bootstrap, (thrown as Error).message);
  } finally {
    cluster.close();
  }
};
