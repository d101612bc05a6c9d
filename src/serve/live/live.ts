import type { IncomingMessage } from "node:http";
import { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { Gauge, type Registry } from "prom-client";
import { WebSocketServer } from "ws";
import { type Failure, failure } from "../../errors.ts";
import { dashboardUpdates } from "../../events/dashboard.ts";
import { follow } from "../../stream/follow.ts";
import { type AccessOptions, admit, isNamed } from "../access.ts";
import { errorAnswer } from "../messages.ts";
import type { Route } from "../route.ts";
import { Hub, type HubLimits, usualLimits } from "./hub.ts";

export type LiveOptions = {
  bootstrap: string;
  space: string;
  access: AccessOptions;
  registry: Registry;
  say: (sentence: string) => void;
  limits?: Partial<HubLimits>;
  /** How often it is asked whether those who look on still may. */
  checkMs?: number;
};

const path = "/live";
const route = `GET ${path}`;
/** So much of the past is there when somebody comes, for charts. */
const pastMs = 15 * 60_000;
/** What is longer than a message may be is still read, so that it can be refused in words. */
const readMaxBytes = 65_536;
const usualCheckMs = 10_000;

const gauges = (registry: Registry, hub: Hub): void => {
  const figures: [string, string, () => number][] = [
    ["clients", "Sockets that are open", () => hub.clients.size],
    ["buffered_bytes_most", "The most that one of them has yet to be sent", () => hub.bufferedMost],
    ["messages_sent", "Messages with updates that were sent", () => hub.sent],
    ["slow_closed", "Sockets that were closed because they took nothing in", () => hub.slow],
  ];
  for (const [name, help, read] of figures)
    new Gauge({
      name: `bellwether_live_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
};

/** Closes the sockets of those who have signed out, or whose session or key has ended. */
const checkClients = async (hub: Hub, access: AccessOptions): Promise<void> => {
  const verdicts = new Map<string, Promise<boolean>>();
  const mayStay = ({ authorization, cookie, ...headers }: IncomingMessage["headers"]) => {
    const shown = `${authorization}\n${cookie}`;
    const found =
      verdicts.get(shown) ??
      admit(route, { ...headers, authorization, cookie }, access).then(
        () => true,
        (thrown: Failure) => thrown.code === "READ_MODEL_AWAY",
      );
    verdicts.set(shown, found);
    return found;
  };
  for (const client of hub.clients)
    if (!(await mayStay(client.headers)) && client.isOpen) client.part("signedOut");
};

type Upgrade = { socket: Duplex; head: Buffer };

/**
 * Has fastify route what wants to become a socket, as it does everything else: the same hooks ask
 * who it is, and what is refused is answered in the same words.
 */
const routeOf = (hub: Hub, { access, limits }: LiveOptions): Route => {
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: readMaxBytes,
  });
  const upgrades = new WeakMap<IncomingMessage, Upgrade>();
  return (api) => {
    api.server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      upgrades.set(request, { socket, head });
      const response = new ServerResponse(request);
      response.shouldKeepAlive = false;
      response.assignSocket(socket as never);
      response.on("finish", () => socket.end());
      socket.on("error", () => socket.destroy());
      api.routing(request, response);
    });
    const schema = {
      summary: "What happens now, panel by panel, over a WebSocket",
      description: "Send {type: subscribe, panel, after?} or {type: unsubscribe, panel}.",
      response: { 426: errorAnswer, 503: errorAnswer },
    };
    api.get(path, { schema }, async ({ raw, headers }, reply) => {
      const upgrade = upgrades.get(raw);
      if (upgrade === undefined) {
        reply.header("upgrade", "websocket").header("connection", "upgrade");
        throw failure("LIVE_ONLY");
      }
      const caller = await admit(route, headers, access);
      const name = isNamed(caller) ? caller.name : undefined;
      const most = limits?.clientsMost ?? usualLimits.clientsMost;
      if (hub.isFull) throw failure("LIVE_FULL", String(most));
      reply.hijack();
      const { socket, head } = upgrade;
      reply.raw.detachSocket(socket as never);
      sockets.handleUpgrade(raw, socket, head, (opened) => hub.add(opened, headers, name));
    });
    api.addHook("preClose", async () => hub.close());
  };
};

/** The console's socket: its route, and what it shows as long as `run` runs. */
export const openLive = (options: LiveOptions) => {
  const { bootstrap, space, access, registry, say, limits, checkMs = usualCheckMs } = options;
  const hub = new Hub({ ...usualLimits, ...limits });
  gauges(registry, hub);
  const run = async (signal: AbortSignal): Promise<void> => {
    const checking = setInterval(() => void checkClients(hub, access), checkMs);
    const following = follow({
      bootstrap,
      space,
      topic: dashboardUpdates,
      pastMs,
      onBegin: (first) => hub.begin(first),
      onRecords: (messages) => hub.take(messages),
      onCaughtUp: () => hub.caughtUp(),
      say,
    });
    try {
      await following.run(signal);
    } finally {
      clearInterval(checking);
    }
  };
  return { route: routeOf(hub, options), run };
};
