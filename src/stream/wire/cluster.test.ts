import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { after, test } from "node:test";
import { Encoder } from "./bytes.ts";
import { Cluster } from "./cluster.ts";

type Told = { brokers: [id: number, port: number][]; leader: number; epoch: number; id?: string };

const opened: { close(): unknown }[] = [];
after(() => {
  for (const each of opened) each.close();
});

const answerTo = (request: Buffer, { brokers, leader, epoch, id = "0" }: Told): Buffer => {
  const body = new Encoder().int32(request.readInt32BE(8)).end().int32(0);
  body.array(brokers, ([id, port]) =>
    body.int32(id).text("127.0.0.1").int32(port).text(null).end(),
  );
  body.text("cluster").int32(1);
  body.array(["topic"], (name) => {
    body.int16(0).text(name).raw(Buffer.alloc(16, id)).bool(false);
    body.array([0], (partition) => {
      body.int16(0).int32(partition).int32(leader).int32(epoch);
      for (let list = 0; list < 3; list++) body.array([], () => {});
      body.end();
    });
    body.int32(0).end();
  });
  const { written } = body.int32(0).end();
  const length = Buffer.alloc(4);
  length.writeInt32BE(written.length);
  return Buffer.concat([length, written]);
};

/** Answers each question for metadata with what `told` says; with nothing it hangs. */
const listen = async (told: () => Told | undefined) => {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.on("data", (request) => {
      const answer = told();
      if (answer) socket.write(answerTo(request as Buffer, answer));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  opened.push({ close });
  return { port: (server.address() as { port: number }).port, close };
};

const clusterOf = (...ports: number[]) => {
  const cluster = new Cluster(ports.map((port) => `127.0.0.1:${port}`).join(","));
  opened.push(cluster);
  return cluster;
};

test("given a broker that tells of an older leader, then the newer one stays known", async () => {
  let told: Told = { brokers: [[1, 1]], leader: 2, epoch: 7 };
  const { port } = await listen(() => told);
  const cluster = clusterOf(port);
  assert.equal(await cluster.leader("topic", 0), 2);
  told = { ...told, leader: 1, epoch: 6 };
  await cluster.learn(["topic"]);
  assert.equal(cluster.knownLeader("topic", 0), 2);
  cluster.forgetLeaders(["topic"]);
  await assert.rejects(cluster.leader("topic", 0), { isRetriable: true });
  told = { ...told, leader: 3, epoch: 8 };
  assert.equal(await cluster.leader("topic", 0), 3);
});

test("given a topic that was made anew, then its epochs begin anew", async () => {
  let told: Told = { brokers: [[1, 1]], leader: 2, epoch: 7 };
  const { port } = await listen(() => told);
  const cluster = clusterOf(port);
  await cluster.learn(["topic"]);
  told = { ...told, leader: 1, epoch: 0, id: "1" };
  await cluster.learn(["topic"]);
  assert.deepEqual([cluster.knownLeader("topic", 0), cluster.leaderEpoch("topic", 0)], [1, 0]);
});

test("given a first address that is gone, then the others are asked", async () => {
  const gone = await listen(() => undefined);
  gone.close();
  const { port } = await listen(() => ({ brokers: [[1, port]], leader: 1, epoch: 0 }));
  const cluster = clusterOf(gone.port, port);
  assert.equal(await cluster.leader("topic", 0), 1);
  await cluster.connection(1);
  await assert.rejects(cluster.connection(9), { isRetriable: true }, "nobody has named it");
});

test("given a broker that hangs, then it is left once the others say it is not up", async () => {
  const hung = await listen(() => undefined);
  const brokers: [number, number][] = [[2, hung.port]];
  const { port } = await listen(() => ({ brokers, leader: 2, epoch: 0 }));
  brokers.push([1, port]);
  const cluster = clusterOf(port);
  await cluster.learn(["topic"]);
  const connection = await cluster.connection(2);
  const asked = connection.ask({ name: "Join", key: 3, version: 10, body: [], timeoutMs: 60_000 });
  brokers.shift();
  await assert.rejects(asked, /not up any more/);
  assert.equal(connection.isLost, true);
});

test("given a broker that comes back at another address, then it is found there", async () => {
  const brokers: [number, number][] = [];
  const told = () => ({ brokers, leader: 1, epoch: 0 });
  const [first, other] = [await listen(told), await listen(told)];
  brokers.push([1, first.port], [2, other.port]);
  const cluster = clusterOf(first.port);
  const before = await cluster.connection(await cluster.leader("topic", 0));
  first.close();
  await assert.rejects(before.ask({ name: "Fetch", key: 3, version: 10, body: [] }));
  const back = await listen(told);
  brokers[0][1] = back.port;
  await assert.rejects(cluster.connection(1), { isRetriable: true });
  await cluster.learn(["topic"]);
  const after = await cluster.connection(await cluster.leader("topic", 0));
  assert.deepEqual([before.isLost, after.isLost], [true, false]);
});
