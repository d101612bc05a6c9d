import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { after } from "node:test";
import type pg from "pg";
import { type Config, readConfig } from "../config.ts";
import { migrate, openPool, schemaOf } from "../db.ts";

export type TestSpace = { config: Config; space: string; pool: pg.Pool };

/** A space of the test file's own: its schema is made here and dropped after the file's tests. */
export const testSpace = async (databaseUrl: string): Promise<TestSpace> => {
  const space = `test${randomBytes(4).toString("hex")}`;
  const config = readConfig({ databaseUrl, space }, {});
  const pool = openPool(config);
  after(async () => {
    // A server of the file's own may have been stopped already.
    await pool.query(`drop schema ${schemaOf(space)} cascade`).catch(() => undefined);
    await pool.end();
  });
  await migrate(pool, space);
  return { config, space, pool };
};

/** A server as seen through a line that a test can cut. */
export type Line = {
  port: number;
  /** Breaks every connection and takes no new one. */
  cut: () => Promise<void>;
  mend: () => Promise<void>;
  /** Passes the next bytes with this text on to the server, and cuts the line before it answers. */
  cutAfter: (text: string) => void;
};

export const testLine = async (target: { host: string; port: number }): Promise<Line> => {
  const sockets = new Set<Socket>();
  let trigger: string | undefined;
  let server: Server;
  let port = 0;
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    return socket;
  };
  const forward = (near: Socket) => {
    const far = track(connect(target));
    track(near).on("data", (bytes) => {
      far.write(bytes);
      if (trigger === undefined || !bytes.includes(trigger)) return;
      trigger = undefined;
      near.destroy();
      // The server finds its client gone only after it has done what it was asked.
      far.end();
    });
    far.on("data", (bytes) => near.destroyed || near.write(bytes));
    near.on("end", () => far.end());
    // A client that was killed says no goodbye; the server must still find it gone.
    near.on("close", () => far.end());
    far.on("close", () => near.destroy());
  };
  const listen = async () => {
    server = createServer(forward);
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    port = (server.address() as AddressInfo).port;
  };
  const cut = async () => {
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  await listen();
  after(() => (server.listening ? cut() : undefined));
  return { port, cut, mend: listen, cutAfter: (text) => (trigger = text) };
};
