import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";

/**
 * What a simulated provider does with the next message. It keeps count of what it accepted, so that
 * the ledger can be held against it.
 */
export type Behaviour =
  | "accept"
  | "accept_then_drop"
  | "accept_then_500"
  | "accept_then_hang"
  | "refuse"
  | "refuse_settings"
  | "limit_rate"
  | "hang";

export type Received = {
  key: string | undefined;
  body: string;
  headers: IncomingMessage["headers"];
};

export type SimulatedProvider = {
  url: string;
  /** Every message that it will deliver, in the order in which it took them. */
  accepted: Received[];
  /** Requests in all, whatever became of them. */
  asked: () => number;
  /** What it does next: one for each request, then the last one again. */
  behave: (...list: Behaviour[]) => void;
  /** Takes one key once, as some providers do. */
  keepsKeys: boolean;
  close: () => Promise<void>;
};

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
};

const refusals: Partial<Record<Behaviour, [status: number, headers: Record<string, string>]>> = {
  refuse: [422, {}],
  refuse_settings: [401, {}],
  limit_rate: [429, { "retry-after": "30" }],
};

const isTaken = (behaviour: Behaviour): boolean => behaviour.startsWith("accept");

const answer = (behaviour: Behaviour, id: string, response: ServerResponse): void => {
  const [status, headers] = refusals[behaviour] ?? [
    behaviour === "accept_then_500" ? 500 : 200,
    {},
  ];
  if (behaviour === "hang" || behaviour === "accept_then_hang") return;
  if (behaviour === "accept_then_drop") response.destroy();
  else response.writeHead(status, headers).end(JSON.stringify({ id }));
};

const listen = async (server: Server): Promise<number> => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
};

/** A gateway for text messages or webhooks, as a real HTTP server on the loopback interface. */
export const openSimulatedProvider = async (): Promise<SimulatedProvider> => {
  const accepted: Received[] = [];
  let plan: Behaviour[] = ["accept"];
  let asked = 0;
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      asked++;
      const behaviour = plan.length > 1 ? (plan.shift() as Behaviour) : plan[0];
      const key = request.headers["idempotency-key"] as string | undefined;
      const isKnown = provider.keepsKeys && accepted.some((one) => one.key === key);
      if (isTaken(behaviour) && !isKnown) accepted.push({ key, body, headers: request.headers });
      answer(behaviour, `sim-${accepted.length}`, response);
    });
  });
  const port = await listen(server);
  const provider: SimulatedProvider = {
    url: `http://127.0.0.1:${port}/messages`,
    accepted,
    asked: () => asked,
    behave: (...list) => {
      plan = list;
    },
    keepsKeys: false,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return provider;
};

export type SimulatedMail = { from: string; to: string[]; text: string };
export type MailBehaviour =
  | "accept"
  | "accept_then_drop"
  | "accept_then_451"
  | "accept_then_hang"
  | "refuse"
  | "defer";

export type SimulatedMailServer = {
  url: string;
  accepted: SimulatedMail[];
  behave: (how: MailBehaviour) => void;
  close: () => Promise<void>;
};

const refusal = (text: string, responseCode: number): Error =>
  Object.assign(new Error(text), { responseCode });

/**
 * A mail server that speaks real SMTP on the loopback interface and delivers nothing. With TLS it
 * has a certificate that nobody trusts.
 */
export const openSimulatedMailServer = async (tls = false): Promise<SimulatedMailServer> => {
  const accepted: SimulatedMail[] = [];
  let how: MailBehaviour = "accept";
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: tls ? [] : ["STARTTLS"],
    onRcptTo: (_address, _session, callback) => {
      if (how === "refuse") callback(refusal("no such mailbox", 550));
      else if (how === "defer") callback(refusal("come back later", 450));
      else callback();
    },
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const { mailFrom, rcptTo } = session.envelope;
        const from = mailFrom === false ? "" : mailFrom.address;
        const to = rcptTo.map(({ address }) => address);
        accepted.push({ from, to, text: Buffer.concat(chunks).toString("utf8") });
        if (how === "accept_then_drop") drop(server);
        else if (how === "accept_then_451") callback(refusal("try again", 451));
        else if (how !== "accept_then_hang") callback();
      });
    },
  });
  server.on("error", () => {});
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    accepted,
    behave: (next) => {
      how = next;
    },
    close: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      drop(server);
      return closed;
    },
  };
};

/** Breaks every connection without a word. */
const drop = (server: SMTPServer): void => {
  for (const connection of server.connections)
    (connection as unknown as { _socket: { destroy: () => void } })._socket.destroy();
};
