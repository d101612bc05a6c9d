import { inTime } from "../in-time.ts";
import type { TopicPartition } from "../kafka.ts";
import { codes, KafkaError } from "../kafka-error.ts";
import {
  askCoordinator,
  askMetadata,
  type Broker,
  type KnownTopic,
  type Leader,
  type Metadata,
} from "./cluster-requests.ts";
import { Connection } from "./connection.ts";
import { movesCoordinator } from "./refusals.ts";

/**
 * Who leads what, and the connections to them. Each client has a cluster of its own, so that one
 * client's long question (a fetch that waits, a group that gathers) holds up nobody else.
 *
 * What any broker can answer is asked of another one after each failure, the addresses of the start
 * included. A broker that hangs keeps its connections open and answers nothing; when it is slow
 * another one is asked who is up, and who is not has its connections closed: what waits there is
 * then asked where it can be answered, long before its own time is over.
 */
export type Address = { host: string; port: number };

const none = -1;
const lookMs = 1_000;
const slowMs = 2_000;
/** A host that swallows everything keeps nobody from asking the next one. */
const nextAfterMs = 250;

const parse = (bootstrap: string): Address[] =>
  bootstrap.split(",").map((each) => {
    const at = each.lastIndexOf(":");
    const host = each
      .slice(0, at)
      .trim()
      .replace(/^\[|\]$/g, "");
    return { host, port: Number(each.slice(at + 1)) };
  });

const nameOf = ({ host, port }: Address): string => `${host}:${port}`;

const away = (message: string, doing: string): KafkaError =>
  new KafkaError({ code: codes.noTransport, message, isRetriable: true }, doing);

/** What is thrown of a partition without a leader. */
export const unled = ({ topic, partition }: TopicPartition): KafkaError => {
  const raw = { code: codes.unknownTopic, message: "nobody leads it", isRetriable: true };
  return new KafkaError(raw, `leader of ${topic}/${partition}`);
};

/** A broker that has just come back, or hung, may still tell of leaders of before. */
const newest = (known: readonly Leader[], told: readonly Leader[]): Leader[] =>
  told.map((leader, partition) =>
    known[partition]?.epoch > leader.epoch ? known[partition] : leader,
  );

export class Cluster {
  readonly #start: Address[];
  readonly #brokers = new Map<number, Address>();
  readonly #topics = new Map<string, KnownTopic>();
  readonly #opening = new Map<string, Promise<Connection>>();
  readonly #open = new Map<string, Connection>();
  readonly #coordinators = new Map<string, number>();
  /** Until when a broker that could not be reached is not tried again. */
  readonly #resting = new Map<string, number>();
  /** Which of all addresses is asked first. */
  #turn = 0;
  #looking: NodeJS.Timeout | undefined;
  #isLooking = false;
  readonly #closing = new AbortController();

  constructor(bootstrap: string) {
    this.#start = parse(bootstrap);
  }

  /** A connection to a broker; to any that can be reached when none is named. */
  async connection(broker: number = none): Promise<Connection> {
    if (broker === none) return this.#any(() => true);
    const address = this.#brokers.get(broker);
    if (address) return this.#connect(address);
    throw away("it is not up", `connect to broker ${broker}`);
  }

  async #any(mayBe: (name: string) => boolean): Promise<Connection> {
    const all = [...this.#start, ...this.#brokers.values()];
    const byName = new Map(all.map((address) => [nameOf(address), address]));
    const names = [...byName.keys()];
    const turn = this.#turn % names.length;
    const inTurn = [...names.slice(turn), ...names.slice(0, turn)].filter(mayBe);
    const attempts: Promise<Connection>[] = [];
    for (const name of inTurn) {
      attempts.push(this.#connect(byName.get(name) as Address));
      const reached = Promise.any(attempts).catch(() => undefined);
      const connection = await inTime(reached, nextAfterMs, () => undefined);
      if (connection) return connection;
    }
    return Promise.any(attempts).catch((thrown: AggregateError) => {
      throw thrown.errors.at(-1) ?? away("there is no other broker", "connect");
    });
  }

  async #connect(address: Address): Promise<Connection> {
    const name = nameOf(address);
    if (this.#closing.signal.aborted)
      throw new KafkaError({ code: codes.noTransport }, "connect after close");
    const open = this.#open.get(name);
    if (open && !open.isLost) return open;
    let opening = this.#opening.get(name);
    if (opening === undefined) {
      if (performance.now() < (this.#resting.get(name) ?? 0))
        throw away("it was not reached a moment ago", `connect to ${name}`);
      opening = this.#reach(address, name);
      this.#opening.set(name, opening);
    }
    return opening;
  }

  async #reach({ host, port }: Address, name: string): Promise<Connection> {
    const began = performance.now();
    try {
      const { signal } = this.#closing;
      const connection = await Connection.open(host, port, signal);
      if (!signal.aborted) this.#looking ??= setInterval(() => void this.#look(), lookMs).unref();
      this.#open.set(name, connection);
      return connection;
    } catch (thrown) {
      // As long as it was waited for: a host that swallows everything takes half the time at most.
      const now = performance.now();
      this.#resting.set(name, now + (now - began));
      this.#turn++;
      throw thrown;
    } finally {
      this.#opening.delete(name);
    }
  }

  /** Closes the connections to brokers that are slow and, as another one says, not up. */
  async #look(): Promise<void> {
    const slow = [...this.#open].filter(([, connection]) => connection.waitedMs > slowMs);
    if (slow.length === 0 || this.#isLooking) return;
    this.#isLooking = true;
    try {
      const names = new Set(slow.map(([name]) => name));
      const { brokers } = await askMetadata(await this.#any((name) => !names.has(name)), []);
      const up = new Set(brokers.map(nameOf));
      for (const [name, connection] of slow)
        if (brokers.length > 0 && !up.has(name)) connection.close("the broker is not up any more");
    } catch {
      // Looked at again.
    } finally {
      this.#isLooking = false;
    }
  }

  /** Asks any broker; after a failure the next question goes to another one. */
  async #ask<T>(ask: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.connection();
    try {
      return await ask(connection);
    } catch (thrown) {
      this.#turn++;
      throw thrown;
    }
  }

  /** What any broker says of itself and the others, and of these topics; null: of all. */
  async metadata(topics: readonly string[] | null): Promise<Metadata> {
    const told = await this.#ask((connection) => askMetadata(connection, topics));
    // A broker that its controller shuts out names none, itself neither: what is known stays.
    if (told.brokers.length > 0) this.#brokers.clear();
    this.#meet(told.brokers);
    return told;
  }

  /** Connections to all brokers that are up. */
  async everyone(): Promise<Connection[]> {
    const { brokers } = await this.metadata([]);
    if (brokers.length > 0) return Promise.all(brokers.map(({ id }) => this.connection(id)));
    this.#turn++;
    throw away("it is shut out", "ask who is up");
  }

  /** The connection to the broker that decides on topics. */
  async controller(): Promise<Connection> {
    const { controller } = await this.metadata([]);
    return this.connection(controller);
  }

  /** Asks who leads the partitions of these topics. */
  async learn(topics: readonly string[]): Promise<void> {
    const told = await this.metadata(topics);
    for (const topic of told.topics) {
      const known = this.#topics.get(topic.name);
      const before = known?.id === topic.id ? known.leaders : [];
      // How many partitions it has stays known while its brokers are on their way back.
      if (topic.error !== 0) this.forgetLeaders([topic.name]);
      else this.#topics.set(topic.name, { ...topic, leaders: newest(before, topic.leaders) });
    }
    // Another broker may know more.
    if (!told.topics.every(({ name }) => this.#isLed(name))) this.#turn++;
  }

  #isLed(topic: string): boolean {
    return this.#topics.get(topic)?.leaders.every(({ broker }) => broker !== none) === true;
  }

  #meet(brokers: readonly Broker[]): void {
    for (const { id, host, port } of brokers) this.#brokers.set(id, { host, port });
  }

  /** The broker that leads a partition, as far as is known; else it is asked for. */
  async leader(topic: string, partition: number): Promise<number> {
    const known = this.knownLeader(topic, partition);
    if (known !== undefined) return known;
    await this.learn([topic]);
    const broker = this.knownLeader(topic, partition);
    if (broker !== undefined) return broker;
    throw unled({ topic, partition });
  }

  /** The broker that leads a partition, as it was learnt last. */
  knownLeader(topic: string, partition: number): number | undefined {
    const broker = this.#topics.get(topic)?.leaders[partition]?.broker ?? none;
    return broker === none ? undefined : broker;
  }

  /** The epoch of a partition's leader; a broker that knows another one refuses what bears it. */
  leaderEpoch(topic: string, partition: number): number {
    return this.#topics.get(topic)?.leaders[partition]?.epoch ?? none;
  }

  /** The number of partitions of a topic as it was learnt last; 0: it was not, or is not there. */
  knownPartitions(topic: string): number {
    return this.#topics.get(topic)?.leaders.length ?? 0;
  }

  /** Forgets who leads: the next question asks again. */
  forgetLeaders(topics: Iterable<string>): void {
    for (const topic of topics)
      for (const leader of this.#topics.get(topic)?.leaders ?? []) leader.broker = none;
  }

  /** The connection to a group's or a transaction's coordinator. */
  async coordinator(kind: "group" | "transaction", id: string): Promise<Connection> {
    const name = `${kind} ${id}`;
    let broker = this.#coordinators.get(name);
    if (broker === undefined) {
      broker = await this.#findCoordinator(kind, id);
      this.#coordinators.set(name, broker);
    }
    try {
      return await this.connection(broker);
    } catch (thrown) {
      this.forgetCoordinator(kind, id);
      throw thrown;
    }
  }

  forgetCoordinator(kind: "group" | "transaction", id: string): void {
    if (this.#coordinators.delete(`${kind} ${id}`)) this.#turn++;
  }

  async #findCoordinator(kind: "group" | "transaction", id: string): Promise<number> {
    const found = await this.#ask((connection) => askCoordinator(connection, kind, id));
    const { error: code, message } = found;
    if (code !== 0) {
      const raw = { code, message, isRetriable: movesCoordinator(code) };
      throw new KafkaError(raw, `coordinator of ${kind} ${id}`);
    }
    this.#meet([found]);
    return found.id;
  }

  close(): void {
    clearInterval(this.#looking);
    for (const connection of this.#open.values()) connection.close();
    this.#closing.abort();
  }
}
