import { connect } from "node:net";

/**
 * Health by protocol answer: an open port proves little, an answer proves the server.
 * Each asks once and resolves with undefined when there is no proper answer within `maxMs`.
 */
const exchange = <T>(
  { host, port }: { host: string; port: number },
  question: Buffer,
  read: (answer: Buffer) => T | undefined,
  maxMs: number,
): Promise<T | undefined> =>
  new Promise((resolve) => {
    let answer = Buffer.alloc(0);
    const socket = connect({ host, port });
    const end = (result: T | undefined) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => end(undefined), maxMs);
    socket.on("connect", () => socket.write(question));
    socket.on("data", (chunk) => {
      answer = Buffer.concat([answer, chunk]);
      let result: T | undefined;
      try {
        result = read(answer);
      } catch {
        return end(undefined);
      }
      if (result !== undefined) end(result);
    });
    socket.on("error", () => end(undefined));
    socket.on("close", () => end(undefined));
  });

export const hostAndPort = (address: string): { host: string; port: number } => {
  const at = address.lastIndexOf(":");
  return {
    host: address.slice(0, at).replace(/^\[|\]$/g, ""),
    port: Number(address.slice(at + 1)),
  };
};

/** Metadata, version 4, for no topic: api key, version, correlation, client id, topics, create. */
const metadataRequest = (): Buffer => {
  const client = Buffer.from("bellwether");
  const body = Buffer.alloc(4 + 2 + 2 + 4 + 2 + client.length + 4 + 1);
  body.writeInt32BE(body.length - 4, 0);
  body.writeInt16BE(3, 4);
  body.writeInt16BE(4, 6);
  body.writeInt32BE(1, 8);
  body.writeInt16BE(client.length, 12);
  client.copy(body, 14);
  return body;
};

export type KafkaAnswer = { brokers: number; clusterId: string | undefined };

/** Reads size, correlation, throttle, brokers [id, host, port, rack], cluster id. */
const readMetadata = (answer: Buffer): KafkaAnswer | undefined => {
  if (answer.length < 4 || answer.length < 4 + answer.readInt32BE(0)) return undefined;
  let at = 12;
  const text = (): string | undefined => {
    const length = answer.readInt16BE(at);
    at += 2 + Math.max(0, length);
    return length < 0 ? undefined : answer.toString("utf8", at - length, at);
  };
  const brokers = answer.readInt32BE(at);
  at += 4;
  for (let index = 0; index < brokers; index += 1) {
    at += 4;
    text();
    at += 4;
    text();
  }
  return { brokers, clusterId: text() };
};

/** Brokers known and cluster id, from the first of `bootstrap`'s addresses that answers. */
export const askKafka = async (
  bootstrap: string,
  maxMs = 3_000,
): Promise<KafkaAnswer | undefined> => {
  for (const address of bootstrap.split(",")) {
    const answer = await exchange(hostAndPort(address), metadataRequest(), readMetadata, maxMs);
    if (answer && answer.brokers > 0) return answer;
  }
  return undefined;
};

const redisWords = (...words: string[]): string =>
  `*${words.length}\r\n${words.map((w) => `$${Buffer.byteLength(w)}\r\n${w}\r\n`).join("")}`;

export type RedisAddress = { host: string; port: number; password?: string };

/** The pid that Redis says it has, or 0 when it answers PING and hides its pid. */
export const askRedis = (address: RedisAddress, maxMs = 3_000): Promise<number | undefined> => {
  const login = address.password === undefined ? "" : redisWords("AUTH", address.password);
  const question = login + redisWords("INFO", "server") + redisWords("PING");
  return exchange(
    address,
    Buffer.from(question),
    (answer) => {
      const said = answer.toString("latin1");
      if (/^-(NOAUTH|WRONGPASS)/m.test(said)) throw new Error(said);
      return said.includes("+PONG\r\n")
        ? Number(/^process_id:(\d+)/m.exec(said)?.[1] ?? 0)
        : undefined;
    },
    maxMs,
  );
};

export type PostgresAnswer = { dataFolder: string | undefined } | { refused: string; code: string };

/** Where Postgres keeps its data (superusers may ask), or why it refused; undefined: no answer. */
export const askPostgres = async (
  url: string,
  maxMs = 3_000,
): Promise<PostgresAnswer | undefined> => {
  const { Client } = (await import("pg")).default;
  const client = new Client({ connectionString: url, connectionTimeoutMillis: maxMs });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const asked = "select current_setting('data_directory', true) as folder";
    const { rows } = await client.query(asked).catch(() => client.query("select null as folder"));
    return { dataFolder: rows[0].folder ?? undefined };
  } catch (thrown) {
    const { code, message } = thrown as Error & { code?: string };
    return code !== undefined && /^\d[0-9A-Z]{4}$/.test(code) && code !== "57P03"
      ? { refused: message, code }
      : undefined;
  } finally {
    client.end().catch(() => undefined);
  }
};
