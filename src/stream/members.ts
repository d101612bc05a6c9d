import { connect, type Socket } from "node:net";
import { failure } from "../errors.ts";
import type { TopicPartition } from "./kafka.ts";

/**
 * Who is in which group, asked in Kafka's own protocol (FindCoordinator 1, DescribeGroups 4). The
 * client's call for it reads a null pointer, and ends the process, when one group's answer fails,
 * as it does when a busy broker answers late.
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
const answerMaxBytes = 50_000_000;
const clientId = "bellwether";

class Answer {
  readonly #bytes: Buffer;
  #at = 0;
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }
  int8(): number {
    return this.#bytes.readInt8(this.#at++);
  }
  int16(): number {
    this.#at += 2;
    return this.#bytes.readInt16BE(this.#at - 2);
  }
  int32(): number {
    this.#at += 4;
    return this.#bytes.readInt32BE(this.#at - 4);
  }
  #piece(length: number): Buffer | undefined {
    if (length < 0) return undefined;
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
  text(): string | undefined {
    return this.#piece(this.int16())?.toString("utf8");
  }
  bytes(): Buffer | undefined {
    return this.#piece(this.int32());
  }
  list<T>(one: () => T): T[] {
    return Array.from({ length: Math.max(0, this.int32()) }, one);
  }
}

const int16 = (n: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(n);
  return bytes;
};
const int32 = (n: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(n);
  return bytes;
};
const text = (of: string): Buffer => {
  const bytes = Buffer.from(of);
  return Buffer.concat([int16(bytes.length), bytes]);
};

/** One connection to a broker; answers come in the order of the questions. */
class Line {
  readonly #socket: Socket;
  readonly #waiting: PromiseWithResolvers<Answer>[] = [];
  #came = Buffer.alloc(0);
  #asked = 0;

  constructor(host: string, port: number) {
    this.#socket = connect({ host, port });
    this.#socket.setTimeout(answerMaxMs, () => this.#socket.destroy());
    this.#socket.on("data", (bytes) => this.#take(bytes));
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => {
      for (const one of this.#waiting.splice(0))
        one.reject(failure("KAFKA_UNREACHABLE", `${host}:${port}`));
    });
  }

  ask(api: number, version: number, body: readonly Buffer[]): Promise<Answer> {
    const head = [int16(api), int16(version), int32(this.#asked++), text(clientId)];
    const whole = Buffer.concat([...head, ...body]);
    const waiting = Promise.withResolvers<Answer>();
    this.#waiting.push(waiting);
    this.#socket.write(Buffer.concat([int32(whole.length), whole]));
    return waiting.promise;
  }

  #take(bytes: Buffer): void {
    this.#came = Buffer.concat([this.#came, bytes]);
    while (this.#came.length >= 4) {
      const length = this.#came.readInt32BE(0);
      if (length < 4 || length > answerMaxBytes) return void this.#socket.destroy();
      if (this.#came.length < 4 + length) return;
      const answer = new Answer(this.#came.subarray(4, 4 + length));
      this.#came = this.#came.subarray(4 + length);
      answer.int32();
      this.#waiting.shift()?.resolve(answer);
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}

type Broker = { host: string; port: number };

/** The broker that looks after a group; undefined where none does just now. */
const coordinatorOf = async (line: Line, group: string): Promise<Broker | undefined> => {
  const answer = await line.ask(10, 1, [text(group), Buffer.from([0])]);
  answer.int32();
  const refused = answer.int16();
  answer.text();
  answer.int32();
  const host = answer.text() ?? "";
  const port = answer.int32();
  return refused === 0 ? { host, port } : undefined;
};

const partsIn = (bytes: Buffer | undefined): TopicPartition[] => {
  if (bytes === undefined || bytes.length < 6) return [];
  const answer = new Answer(bytes);
  answer.int16();
  return answer
    .list(() => {
      const topic = answer.text() ?? "";
      return answer.list(() => ({ topic, partition: answer.int32() }));
    })
    .flat();
};

const states: Readonly<Record<string, DescribedGroup["state"]>> = {
  Stable: "stable",
  PreparingRebalance: "changing",
  CompletingRebalance: "changing",
  Empty: "empty",
  Dead: "dead",
};

const describe = async (line: Line, groups: readonly string[]): Promise<DescribedGroup[]> => {
  const names = groups.map(text);
  const answer = await line.ask(15, 4, [int32(names.length), ...names, Buffer.from([0])]);
  answer.int32();
  return answer.list((): DescribedGroup => {
    const refused = answer.int16();
    const group = answer.text() ?? "";
    const state = states[answer.text() ?? ""] ?? "unknown";
    answer.text();
    answer.text();
    const members = answer.list((): Member => {
      const id = answer.text() ?? "";
      const instance = answer.text();
      const client = answer.text() ?? "";
      const host = (answer.text() ?? "").replace(/^\//, "");
      answer.bytes();
      return { id, instance, clientId: client, host, parts: partsIn(answer.bytes()) };
    });
    answer.int32();
    return { group, state: refused === 0 ? state : "unknown", members };
  });
};

const brokersIn = (bootstrap: string): Broker[] =>
  bootstrap.split(",").map((one) => {
    const cut = one.lastIndexOf(":");
    return { host: one.slice(0, cut).replace(/^\[|\]$/g, ""), port: Number(one.slice(cut + 1)) };
  });

/**
 * State and members of groups, in the order asked; one that nobody knows is dead, without members.
 * Throws KAFKA_UNREACHABLE.
 */
export const describeGroups = async (
  bootstrap: string,
  groups: readonly string[],
): Promise<DescribedGroup[]> => {
  let last: unknown;
  for (const { host, port } of brokersIn(bootstrap)) {
    const lines = new Map([[`${host}:${port}`, new Line(host, port)]]);
    const lineTo = (broker: Broker): Line => {
      const name = `${broker.host}:${broker.port}`;
      const line = lines.get(name) ?? new Line(broker.host, broker.port);
      lines.set(name, line);
      return line;
    };
    try {
      const first = lineTo({ host, port });
      const brokers = await Promise.all(groups.map((group) => coordinatorOf(first, group)));
      const found = new Map<string, DescribedGroup>();
      const byBroker = Map.groupBy(groups, (_, at) => JSON.stringify(brokers[at] ?? null));
      for (const [broker, own] of byBroker)
        if (broker !== "null")
          for (const one of await describe(lineTo(JSON.parse(broker)), own))
            found.set(one.group, one);
      return groups.map((group) => found.get(group) ?? { group, state: "unknown", members: [] });
    } catch (thrown) {
      last = thrown;
    } finally {
      for (const line of lines.values()) line.close();
    }
  }
  throw last;
};
