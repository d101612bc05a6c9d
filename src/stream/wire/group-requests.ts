import type { PartitionOffset, TopicPartition } from "../kafka.ts";
import type { GroupMember } from "./assignor.ts";
import { byTopic, Decoder, Encoder } from "./bytes.ts";
import type { Request } from "./connection.ts";

/**
 * The requests of a group's member, in versions that every Kafka from 2.8 to 4.3 speaks, and what
 * members tell each other inside of them: what one reads and has (a subscription), and what it
 * shall have (an assignment). The broker passes both on unread. They are in the older form, whose
 * texts and lists carry fixed lengths.
 *
 * A subscription names the generation in which its partitions were given. Leaders that run on
 * librdkafka read it from there, and from nowhere else, so the user data stay empty.
 */
export type Place = {
  group: string;
  instance: string | undefined;
  memberId: string;
  generation: number;
};

const protocolType = "consumer";
const protocolName = "cooperative-sticky";
const subscriptionVersion = 2;
const assignmentVersion = 1;
const nothing = Buffer.alloc(0);

const oldBytes = (into: Encoder, value: Buffer): Encoder => into.int32(value.length).raw(value);

const oldText = (from: Decoder): string => {
  const length = from.int16();
  from.at += length;
  return from.bytes.toString("utf8", from.at - length, from.at);
};

const oldList = <T>(from: Decoder, each: () => T): T[] => {
  const items: T[] = [];
  for (let left = from.int32(); left > 0; left--) items.push(each());
  return items;
};

const writeParts = (into: Encoder, parts: readonly TopicPartition[]): void => {
  const topics = byTopic(parts);
  into.int32(topics.length);
  for (const [topic, own] of topics) {
    into.oldText(topic).int32(own.length);
    for (const { partition } of own) into.int32(partition);
  }
};

const readParts = (from: Decoder): TopicPartition[] =>
  oldList(from, () => {
    const topic = oldText(from);
    return oldList(from, () => ({ topic, partition: from.int32() }));
  }).flat();

type Subscription = Omit<GroupMember, "id">;

const subscriptionBytes = ({ topics, owned, generation }: Subscription): Buffer => {
  const body = new Encoder().int16(subscriptionVersion).int32(topics.length);
  for (const topic of topics) body.oldText(topic);
  oldBytes(body, nothing);
  writeParts(body, owned);
  return body.int32(generation).written;
};

const readSubscription = (bytes: Buffer): Subscription => {
  const from = new Decoder(bytes);
  const version = from.int16();
  const topics = oldList(from, () => oldText(from));
  const userData = from.int32();
  from.at += Math.max(0, userData);
  const owned = version >= 1 ? readParts(from) : [];
  return { topics, owned, generation: version >= 2 ? from.int32() : -1 };
};

const assignmentBytes = (parts: readonly TopicPartition[]): Buffer => {
  const body = new Encoder().int16(assignmentVersion);
  writeParts(body, parts);
  return oldBytes(body, nothing).written;
};

/** A member that nothing was assigned to may be told so with no bytes at all. */
export const readAssignment = (bytes: Buffer): TopicPartition[] =>
  bytes.length === 0 ? [] : readParts(new Decoder(bytes, 2));

export type Joining = {
  place: Place;
  subscription: Subscription;
  sessionMs: number;
  rebalanceMaxMs: number;
  timeoutMs: number;
};

export const joinRequest = (joining: Joining): Request => {
  const { place, subscription, sessionMs, rebalanceMaxMs, timeoutMs } = joining;
  const body = new Encoder().text(place.group).int32(sessionMs).int32(rebalanceMaxMs);
  body
    .text(place.memberId)
    .text(place.instance ?? null)
    .text(protocolType)
    .array([subscription], (one) => body.text(protocolName).bytes(subscriptionBytes(one)).end())
    .end();
  return { name: "JoinGroup", key: 11, version: 7, body: [body.written], timeoutMs };
};

export type Joined = {
  error: number;
  generation: number;
  leader: string;
  memberId: string;
  /** Told to the leader only. */
  members: GroupMember[];
};

export const readJoined = (answer: Decoder): Joined => {
  answer.int32();
  const error = answer.int16();
  const generation = answer.int32();
  answer.text();
  answer.text();
  const leader = answer.text() ?? "";
  const memberId = answer.text() ?? "";
  const members = answer.array(() => {
    const id = answer.text() ?? "";
    answer.text();
    const subscription = readSubscription(answer.block());
    answer.end();
    return { id, ...subscription };
  });
  return { error, generation, leader, memberId, members };
};

/** `shares` is what the leader gives to each member; empty from anybody else. */
export const syncRequest = (
  place: Place,
  shares: ReadonlyMap<string, TopicPartition[]>,
  timeoutMs: number,
): Request => {
  const body = startOf(place).text(protocolType).text(protocolName);
  body.array([...shares], ([id, parts]) => body.text(id).bytes(assignmentBytes(parts)).end()).end();
  return { name: "SyncGroup", key: 14, version: 5, body: [body.written], timeoutMs };
};

const startOf = ({ group, generation, memberId, instance }: Place): Encoder =>
  new Encoder()
    .text(group)
    .int32(generation)
    .text(memberId)
    .text(instance ?? null);

export const readSynced = (answer: Decoder): { error: number; parts: TopicPartition[] } => {
  answer.int32();
  const error = answer.int16();
  answer.text();
  answer.text();
  return { error, parts: readAssignment(answer.block()) };
};

export const heartbeatRequest = (place: Place, timeoutMs: number): Request => {
  const body = startOf(place).end();
  return { name: "Heartbeat", key: 12, version: 4, body: [body.written], timeoutMs };
};

export const leaveRequest = ({ group, memberId, instance }: Place, timeoutMs: number): Request => {
  const body = new Encoder().text(group);
  body
    .array([memberId], (id) =>
      body
        .text(id)
        .text(instance ?? null)
        .end(),
    )
    .end();
  return { name: "LeaveGroup", key: 13, version: 4, body: [body.written], timeoutMs };
};

/** For answers of which only the error matters. */
export const readError = (answer: Decoder): { error: number } => {
  answer.int32();
  return { error: answer.int16() };
};

/** `isStable`: an offset that an open transaction may still change is refused. */
export const offsetsRequest = (
  group: string,
  parts: readonly TopicPartition[],
  isStable: boolean,
): Request => {
  const body = new Encoder().text(group);
  body
    .parts(parts, ({ partition }) => body.int32(partition))
    .bool(isStable)
    .end();
  return { name: "OffsetFetch", key: 9, version: 7, body: [body.written] };
};

/** The first error of a partition stands for the whole. Offsets are -1 where there are none. */
export const readOffsets = (answer: Decoder): { error: number; offsets: PartitionOffset[] } => {
  let error = 0;
  answer.int32();
  const offsets = answer.parts((topic) => {
    const partition = answer.int32();
    const offset = answer.int64();
    answer.int32();
    answer.text();
    const refused = answer.int16();
    error ||= refused;
    answer.end();
    return { topic, partition, offset };
  });
  error = answer.int16() || error;
  return { error, offsets };
};

/** Notes offsets in the name of a member: the coordinator refuses one that is not of the group. */
export const commitRequest = (place: Place, offsets: readonly PartitionOffset[]): Request => {
  const body = startOf(place);
  body
    .parts(offsets, ({ partition, offset }) =>
      body.int32(partition).int64(offset).int32(-1).text("").end(),
    )
    .end();
  return { name: "OffsetCommit", key: 8, version: 8, body: [body.written] };
};

/** Which partitions were noted. The error is the last of those that were not, when none was. */
export const readCommitted = (answer: Decoder): { error: number; noted: TopicPartition[] } => {
  let error = 0;
  const noted: TopicPartition[] = [];
  answer.int32();
  answer.array(() => {
    const topic = answer.text() ?? "";
    answer.array(() => {
      const part = { topic, partition: answer.int32() };
      const refused = answer.int16();
      if (refused === 0) noted.push(part);
      else error = refused;
      answer.end();
    });
    answer.end();
  });
  return { error: noted.length > 0 ? 0 : error, noted };
};
