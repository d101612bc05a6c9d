import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { test } from "node:test";
import { askKafka, askPostgres, askRedis, hostAndPort } from "./probe.ts";

/** A server that says one thing to whoever asks, run while `work` runs. */
const saying = async (
  answer: Buffer | string | undefined,
  work: (port: number) => Promise<void>,
) => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    socket.once("data", () => answer !== undefined && socket.write(answer));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  try {
    await work((server.address() as { port: number }).port);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
};

const host = "127.0.0.1";
const soonMs = 200;

test("given an address, then host and port are read, also of IPv6", () => {
  assert.deepEqual(hostAndPort("kafka.example:9092"), { host: "kafka.example", port: 9092 });
  assert.deepEqual(hostAndPort("[::1]:9092"), { host: "::1", port: 9092 });
});

test("given an open port that is silent, then no server answers", () =>
  saying(undefined, async (port) => {
    assert.equal(await askKafka(`${host}:${port}`, soonMs), undefined);
    assert.equal(await askRedis({ host, port }, soonMs), undefined);
    const url = `postgres://a:b@${host}:${port}/c`;
    assert.equal(await askPostgres(url, soonMs), undefined);
  }));

test("given a server of another kind, then it is not taken for ours", () =>
  saying("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", async (port) => {
    assert.equal(await askKafka(`${host}:${port}`, soonMs), undefined);
    assert.equal(await askRedis({ host, port }, soonMs), undefined);
    assert.equal(await askPostgres(`postgres://a:b@${host}:${port}/c`, soonMs), undefined);
  }));

test("given nobody, then nobody answers, at once", async () => {
  let port = 0;
  await saying(undefined, async (used) => {
    port = used;
  });
  assert.equal(await askKafka(`${host}:${port},${host}:${port}`), undefined);
  assert.equal(await askRedis({ host, port }), undefined);
  assert.equal(await askPostgres(`postgres://a:b@${host}:${port}/c`), undefined);
});

/** Size, correlation, throttle, one broker (id, host, port, no rack), cluster id. */
const metadata = (brokers: number): Buffer => {
  const body = Buffer.concat([
    Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, brokers]),
    ...Array.from({ length: brokers }, () =>
      Buffer.concat([
        Buffer.from([0, 0, 0, 1, 0, 4]),
        Buffer.from("host"),
        Buffer.from([0, 0, 35, 132, 255, 255]),
      ]),
    ),
    Buffer.from([0, 3]),
    Buffer.from("abc"),
  ]);
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length);
  return Buffer.concat([size, body]);
};

test("given metadata with brokers, then they are counted and the cluster is named", () =>
  saying(metadata(2), async (port) => {
    const answer = await askKafka(`${host}:${port}`);
    assert.deepEqual(answer, { brokers: 2, clusterId: "abc" });
  }));

test("given metadata without a broker, then Kafka is not there yet", () =>
  saying(metadata(0), async (port) => {
    assert.equal(await askKafka(`${host}:${port}`, soonMs), undefined);
  }));

test("given Redis that wants a password, then it is no answer", () =>
  saying("-NOAUTH Authentication required.\r\n", async (port) => {
    assert.equal(await askRedis({ host, port }), undefined);
  }));
