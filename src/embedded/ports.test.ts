import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { freePort } from "./ports.ts";

const free =
  (...busy: number[]) =>
  async (port: number) =>
    busy.includes(port) ? undefined : port || 50_000;

test("given a free port, when it is wanted, then it is taken", async () => {
  assert.equal(await freePort(9092, new Set(), free()), 9092);
});

test("given taken ports, when one is wanted, then the next free one is", async () => {
  assert.equal(await freePort(9092, new Set([9094]), free(9092, 9093)), 9095);
});

test("given no wish, when a port is asked for, then any that is not promised yet", async () => {
  let next = 50_000;
  const given = async () => next++;
  assert.equal(await freePort(0, new Set([50_000, 50_001]), given), 50_002);
});

test("given nothing free, when a port is asked for, then a sentence says so", async () => {
  const none = async () => undefined;
  await assert.rejects(freePort(65_500, new Set(), none), /No port from 65500 on is free/);
});

test("given a real listener, when its port is wanted, then another is found", async () => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  try {
    assert.notEqual(await freePort(port), port);
  } finally {
    server.close();
  }
});
