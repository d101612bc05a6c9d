import { codes, KafkaError } from "../kafka-error.ts";
import type { Decoder } from "./bytes.ts";
import type { Cluster } from "./cluster.ts";
import type { Connection, Request } from "./connection.ts";
import { movesCoordinator, refusal } from "./refusals.ts";

const gathering = { code: codes.noTransport, message: "the group gathers", isRetriable: true };

/** The broker that looks after a group, whichever that is just now. */
export class Coordinator {
  readonly #cluster: Cluster;
  readonly #group: string;
  #isClosed = false;
  /** Where an answer waits for other members. */
  #held: Connection | undefined;

  constructor(cluster: Cluster, group: string) {
    this.#cluster = cluster;
    this.#group = group;
  }

  /** Throws a KafkaError where the coordinator refuses; to be told an id is no refusal. */
  async ask<T extends { error: number }>(
    request: Request,
    read: (answer: Decoder) => T,
  ): Promise<T> {
    const connection = await this.#cluster.coordinator("group", this.#group);
    // Behind an answer that waits its own time would run out, which would end both.
    if (this.#held) throw new KafkaError(gathering, request.name);
    return this.#askOn(connection, request, read);
  }

  /** The same for what waits for other members: `close` ends the wait, and refuses it later. */
  async askLong<T extends { error: number }>(
    request: Request,
    read: (answer: Decoder) => T,
  ): Promise<T> {
    const connection = await this.#cluster.coordinator("group", this.#group);
    if (this.#isClosed) throw new KafkaError({ code: codes.noTransport }, request.name);
    this.#held = connection;
    try {
      return await this.#askOn(connection, request, read);
    } finally {
      this.#held = undefined;
    }
  }

  async #askOn<T extends { error: number }>(
    connection: Connection,
    request: Request,
    read: (answer: Decoder) => T,
  ): Promise<T> {
    let answer: T;
    try {
      answer = read(await connection.ask(request));
    } catch (thrown) {
      this.#cluster.forgetCoordinator("group", this.#group);
      throw thrown;
    }
    const { error: code } = answer;
    if (code === 0 || code === refusal.memberIdRequired) return answer;
    if (movesCoordinator(code)) this.#cluster.forgetCoordinator("group", this.#group);
    const message = `error ${code} of group ${this.#group}`;
    throw new KafkaError({ code, message, isFatal: code === codes.fencedInstance }, request.name);
  }

  close(): void {
    this.#isClosed = true;
    this.#held?.close();
  }
}
