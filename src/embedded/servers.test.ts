import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, mock, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { readConfig } from "../config.ts";
import { takeLock, thisProcess } from "../stream/lock.ts";
import { anyPorts, startServers } from "./servers.ts";

const folder = mkdtempSync(join(tmpdir(), "servers-"));
after(() => rmSync(folder, { recursive: true }));

/** Something that answers as Redis does. */
const sockets: Socket[] = [];
const redis = createServer((socket) => {
  sockets.push(socket);
  socket.on("data", () => socket.write("process_id:1\r\n+PONG\r\n"));
});
await new Promise<void>((done) => redis.listen(0, "127.0.0.1", done));
after(() => {
  redis.close();
  for (const socket of sockets) socket.destroy();
});
const address = redis.address() as { port: number };

/** What the process says that holds the servers' lock: here this process itself. */
const tell = (ready: boolean) =>
  writeFileSync(
    join(folder, "servers.json"),
    JSON.stringify({
      owner: thisProcess(),
      ready,
      processes: {},
      addresses: { redis: { host: "127.0.0.1", port: address.port, embedded: true } },
    }),
  );

const config = readConfig({ dataFolder: folder }, {});
const said: string[] = [];
const say = (line: string) => void said.push(line);
const waiting = `Process ${process.pid} starts the servers; waiting for it.`;

test("given a start that takes long, then a second waits for it, says so, and joins", async () => {
  const lock = takeLock(folder, "servers");
  assert.ok("release" in lock);
  tell(false);
  const joining = startServers({ config, need: ["redis"], ports: anyPorts, say });
  while (!said.includes(waiting)) await delay(5);
  const now = performance.now();
  const hourLater = mock.method(performance, "now", () => now + 3_600_000);
  tell(true);
  const servers = await joining;
  hourLater.mock.restore();
  assert.equal(servers.redis.port, address.port);
  assert.deepEqual(said, [waiting]);
  await servers.stop();
  lock.release();
});
