import { codes, KafkaError } from "../kafka-error.ts";
import { Encoder } from "./bytes.ts";
import { Connection } from "./connection.ts";
import { movesCoordinator } from "./refusals.ts";

/**
 * Who leads what, and the connections to them. Each client has a cluster of its own, so that one
 * client's long question (a fetch that waits, a group that gathers) holds up nobody else.
 * A broker that cannot be reached is looked for anew among all that are known, the addresses of the
 * start included.
 */
export type Address = { host: string; port: number };

const metadataVersion = 9;
const findCoordinatorVersion = 3;
const none = -1;

const parse = (bootstrap: string): Address[] =>
  bootstrap.split(",").map((each) => {
    const at = each.lastIndexOf(":");
    const host = each
      .slice(0, at)
      .trim()
      .replace(/^\[|\]$/g, "");
    return { host, port: Number(each.slice(at + 1)) };
  });

export class Cluster {
  readonly #start: Address[];
  readonly #brokers = new Map<number, Address>();
  readonly #leaders = new Map<string, number[]>();
  readonly #connections = new Map<string, Promise<Connection>>();
  readonly #coordinators = new Map<string, number>();
  #isClosed = false;

  constructor(bootstrap: string) {
    this.#start = parse(bootstrap);
  }

  /** A connection to a broker; to any that answers when none is named. */
  async connection(broker: number = none): Promise<Connection> {
    const known = this.#brokers.get(broker);
    const addresses = known ? [known] : [...this.#start, ...this.#brokers.values()];
    let failed: unknown;
    for (const address of addresses)
      try {
        return await this.#connect(address);
      } catch (thrown) {
        failed = thrown;
      }
    throw failed;
  }

  async #connect({ host, port }: Address): Promise<Connection> {
    if (this.#isClosed) throw new KafkaError({ code: codes.noTransport }, "connect after close");
    const name = `${host}:${port}`;
    const kept = this.#connections.get(name);
    if (kept) {
      const connection = await kept;
      if (!connection.isLost) return connection;
      if (this.#connections.get(name) !== kept) return this.#connect({ host, port });
    }
    const opening = Connection.open(host, port);
    this.#connections.set(name, opening);
    try {
      const connection = await opening;
      if (this.#isClosed) connection.close();
      return connection;
    } catch (thrown) {
      this.#connections.delete(name);
      throw thrown;
    }
  }

  /** Asks who leads the partitions of these topics. */
  async learn(topics: readonly string[]): Promise<void> {
    const body = new Encoder();
    body.array(topics, (topic) => body.text(topic).end());
    body.bool(false).bool(false).bool(false).end();
    const connection = await this.connection();
    const request = { name: "Metadata", key: 3, version: metadataVersion, body: [body.written] };
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
    // A broker that its controller shuts out names none, itself neither: what is known stays.
    if (brokers.length > 0) this.#brokers.clear();
    for (const { id, host, port } of brokers) this.#brokers.set(id, { host, port });
    answer.text();
    answer.int32();
    answer.array(() => {
      const error = answer.int16();
      const topic = answer.text() as string;
      answer.bool();
      const leaders: number[] = [];
      answer.array(() => {
        answer.int16();
        const partition = answer.int32();
        leaders[partition] = answer.int32();
        answer.int32();
        for (let list = 0; list < 3; list++) answer.array(() => answer.int32());
        answer.end();
      });
      answer.int32();
      answer.end();
      // How many partitions it has stays known while its brokers are on their way back.
      if (error === 0) this.#leaders.set(topic, leaders);
      else this.#leaders.get(topic)?.fill(none);
    });
  }

  /** The broker that leads a partition, as far as is known; else it is asked for. */
  async leader(topic: string, partition: number): Promise<number> {
    const known = this.knownLeader(topic, partition);
    if (known !== undefined) return known;
    await this.learn([topic]);
    const broker = this.knownLeader(topic, partition);
    if (broker !== undefined) return broker;
    const raw = { code: codes.unknownTopic, message: "nobody leads it", isRetriable: true };
    throw new KafkaError(raw, `leader of ${topic}/${partition}`);
  }

  /** The broker that leads a partition, as it was learnt last. */
  knownLeader(topic: string, partition: number): number | undefined {
    const broker = this.#leaders.get(topic)?.[partition] ?? none;
    return broker === none ? undefined : broker;
  }

  /** The number of partitions of a topic as it was learnt last; 0: it was not, or is not there. */
  knownPartitions(topic: string): number {
    return this.#leaders.get(topic)?.length ?? 0;
  }

  /** Forgets who leads: the next question asks again. */
  forgetLeaders(topics: Iterable<string>): void {
    for (const topic of topics) this.#leaders.get(topic)?.fill(none);
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
      this.#coordinators.delete(name);
      throw thrown;
    }
  }

  forgetCoordinator(kind: "group" | "transaction", id: string): void {
    this.#coordinators.delete(`${kind} ${id}`);
  }

  async #findCoordinator(kind: "group" | "transaction", id: string): Promise<number> {
    const doing = `coordinator of ${kind} ${id}`;
    const body = new Encoder()
      .text(id)
      .int8(kind === "group" ? 0 : 1)
      .end();
    const connection = await this.connection();
    const answer = await connection.ask({
      name: "FindCoordinator",
      key: 10,
      version: findCoordinatorVersion,
      body: [body.written],
    });
    answer.int32();
    const error = answer.int16();
    const message = answer.text() ?? `error ${error}`;
    if (error !== 0)
      throw new KafkaError({ code: error, message, isRetriable: movesCoordinator(error) }, doing);
    const broker = answer.int32();
    this.#brokers.set(broker, { host: answer.text() as string, port: answer.int32() });
    return broker;
  }

  close(): void {
    this.#isClosed = true;
    for (const opening of this.#connections.values())
      opening.then(
        (connection) => connection.close(),
        () => {},
      );
  }
}
