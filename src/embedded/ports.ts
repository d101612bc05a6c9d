import { createServer } from "node:net";
import { failure } from "../errors.ts";

const host = "127.0.0.1";

/** The port if nothing listens on it at the loopback interface, else undefined. 0: any free one. */
const tryPort = (port: number): Promise<number | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? address?.port : undefined));
    });
  });

/**
 * A free port of the loopback interface: `wanted` or the next free one above it, at most 100 on;
 * with 0 any that the system gives. `taken` are ports promised to others that do not listen yet.
 */
export const freePort = async (
  wanted: number,
  taken: ReadonlySet<number> = new Set(),
  free: (port: number) => Promise<number | undefined> = tryPort,
): Promise<number> => {
  for (let step = 0; step < 100; step += 1) {
    const candidate = wanted === 0 ? 0 : wanted + step;
    if (candidate > 65_535) break;
    if (taken.has(candidate)) continue;
    const port = await free(candidate);
    if (port !== undefined && !taken.has(port)) return port;
  }
  throw failure("FAILED", `No port from ${wanted} on is free. Stop what listens there.`);
};
