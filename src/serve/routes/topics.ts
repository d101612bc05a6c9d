import type { FastifyReply, FastifyRequest } from "fastify";
import Type, { type Static } from "typebox";
import { Failure, failure } from "../../errors.ts";
import { isoTime, timeMs } from "../../events/time.ts";
import type { GroupTopics } from "../../stream/lag.ts";
import { type AccessOptions, admit, callerOf } from "../access.ts";
import {
  type MessagesAnswer,
  messagesAnswer,
  producedAnswer,
  type TailSays,
  type TopicAnswer,
  topicAnswer,
  topicsAnswer,
} from "../messages/topics.ts";
import { errorAnswer, textOf } from "../messages.ts";
import type { Route } from "../route.ts";
import { type PageWish, type Place, TopicDesk, type TopicDeskOptions } from "../topics/desk.ts";
import { messageOf } from "../topics/message.ts";
import { ProduceDesk, refusalOf } from "../topics/produce.ts";
import { openTail } from "../topics/tail.ts";
import { TopicWatch } from "../topics/watch.ts";

export type TopicsOptions = {
  readonly bootstrap: string;
  readonly space: string;
  readonly topology: TopicDeskOptions["topology"];
  readonly writerOf: TopicDeskOptions["writerOf"];
  readonly groups: () => readonly GroupTopics[];
  /** Who may look on is asked again and again while they do; without it, once. */
  readonly access?: AccessOptions;
};

const params = Type.Object({ name: textOf(200, { description: "Without the space" }) });
const wholeNumber = (description: string) =>
  Type.Optional(Type.String({ pattern: "^\\d{1,15}$", description }));
const narrowing = {
  partition: wholeNumber("This one alone"),
  key: Type.Optional(textOf(1_000, { description: "Records under this key: of its partition" })),
  filter: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 2_000,
      description: "CEL over key, value, header, partition, offset, size, time: true shows it",
    }),
  ),
};
const pageQuery = Type.Object({
  ...narrowing,
  from: Type.Optional(textOf(40, { description: "start, end, an offset, or a time in ISO 8601" })),
  at: Type.Optional(
    Type.String({ pattern: "^\\d+(\\.\\d+)*$", maxLength: 4_000, description: "`next` of a page" }),
  ),
  direction: Type.Optional(
    Type.Unsafe<"older" | "newer">({ type: "string", enum: ["older", "newer"] }),
  ),
  limit: wholeNumber("1 to 200; without it 50"),
});

const faults = { 400: errorAnswer, 404: errorAnswer, 429: errorAnswer, 503: errorAnswer };
const defaultMost = 50;
const pageMost = 200;

const placeOf = (from: string | undefined, order: PageWish["order"]): Place => {
  if (from === undefined) return order === "older" ? "end" : "start";
  if (from === "start" || from === "end") return from;
  if (/^\d{1,15}$/.test(from)) return { offset: Number(from) };
  const ms = timeMs(from);
  if (Number.isNaN(ms))
    throw failure("REQUEST_WRONG", "`from` is not start, end, an offset, or a time in ISO 8601");
  return { ms };
};

const wishOf = (query: Static<typeof pageQuery>): PageWish => {
  const { direction: order = "older", partition, key, filter, at } = query;
  const most = Number(query.limit ?? defaultMost);
  if (most < 1 || most > pageMost)
    throw failure("REQUEST_WRONG", `\`limit\` is not from 1 to ${pageMost}`);
  return {
    partition: partition === undefined ? undefined : Number(partition),
    from: placeOf(query.from, order),
    at: at?.split(".").map(Number),
    order,
    key,
    filter,
    most,
  };
};

const closedWith = (reply: FastifyReply): AbortSignal => {
  const gone = new AbortController();
  reply.raw.on("close", () => gone.abort());
  return gone.signal;
};

const readMessages = async (
  desk: TopicDesk,
  name: string,
  wish: PageWish,
  signal: AbortSignal,
): Promise<MessagesAnswer> => {
  const began = performance.now();
  const { found, next, atEnd, looked, until, filter } = await desk.page(name, wish, signal);
  const about = desk.about(name);
  return {
    messages: found.map((one) => messageOf(about, desk, one)),
    next: atEnd ? null : next.join("."),
    looked,
    until: until === null ? null : isoTime(until),
    took_ms: Math.round(performance.now() - began),
    filter: filter
      ? { stopped: filter.stopped, failed: filter.failed, failure: filter.failure }
      : null,
  };
};

const readTopic = async (
  desk: TopicDesk,
  watch: TopicWatch,
  name: string,
): Promise<TopicAnswer> => {
  const about = desk.about(name);
  const one = { partition: undefined, most: 1 } as const;
  const [summary, parts, first, last] = await Promise.all([
    watch.readOne(about),
    desk.bounds(about),
    desk.page(name, { ...one, from: "start", order: "newer" }),
    desk.page(name, { ...one, from: "end", order: "older" }),
  ]);
  const timeOf = ({ found }: typeof first) => (found[0] ? isoTime(found[0].timestamp) : null);
  const { contract } = about;
  const example = contract?.json ? contract.example : null;
  return {
    ...summary,
    example,
    key_example: contract && example !== null ? (contract.keyOf?.(example) ?? null) : null,
    refused: refusalOf(about),
    range: { from: timeOf(first), to: timeOf(last) },
    offsets: parts.map(({ partition, start, end }) => ({ partition, start, end })),
  };
};

/** Longer than anybody looks on; the browser then asks anew, and is asked who it is. */
const tailMaxMs = 15 * 60_000;

const askAgainMs = 5_000;

/** Aborted once whoever asked may no longer: signed out, or their key was revoked. */
const whileAdmitted = (
  { headers }: FastifyRequest,
  access: AccessOptions | undefined,
  until: AbortSignal,
): AbortSignal => {
  const gone = new AbortController();
  if (access === undefined || until.aborted) return gone.signal;
  const ask = async () => {
    const thrown = await admit("GET /topics/:name/tail", headers, access).then(
      () => undefined,
      (fault: unknown) => fault,
    );
    // While nobody can say, nobody is sent away.
    if (thrown instanceof Failure && thrown.code !== "READ_MODEL_AWAY") gone.abort();
  };
  const timer = setInterval(() => void ask(), askAgainMs);
  until.addEventListener("abort", () => clearInterval(timer), { once: true });
  return gone.signal;
};

/** Server-sent events: `data:` and JSON, one for each time that something came. */
const stream = async (
  reply: FastifyReply,
  run: (tell: (says: TailSays) => boolean, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> => {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  raw.write("retry: 2000\n\n");
  await run((says) => {
    if (raw.writableNeedDrain || raw.destroyed) return false;
    raw.write(`data: ${JSON.stringify(says)}\n\n`);
    return true;
  }, signal).catch(() => {});
  raw.end();
};

export type Topics = {
  route: Route;
  desk: TopicDesk;
  watch: TopicWatch;
  close: () => Promise<void>;
};

/** Topics and what lies on them: to look at, to follow, and to write a single record. */
export const openTopics = (options: TopicsOptions): Topics => {
  const desk = new TopicDesk(options);
  const watch = new TopicWatch(desk, options.groups);
  const produce = new ProduceDesk(options);
  const stop = new AbortController();
  const serializerCompiler = () => JSON.stringify;
  const route: Route = (api) => {
    const list = { summary: "Every topic, how it grows, and how far its readers are behind" };
    const listed = { ...list, response: { 200: topicsAnswer, 503: errorAnswer } };
    api.get("/topics", { schema: listed }, async () => ({
      at: new Date().toISOString(),
      topics: await watch.read(),
    }));

    const one = { summary: "A topic: its contract, its range in time, its partitions", params };
    const shown = { ...one, response: { 200: topicAnswer, ...faults } };
    api.get("/topics/:name", { schema: shown, serializerCompiler }, (request) =>
      readTopic(desk, watch, request.params.name),
    );

    const page = {
      summary: "Messages from anywhere in a topic, personal fields masked",
      params,
      querystring: pageQuery,
      response: { 200: messagesAnswer, ...faults },
    };
    api.get("/topics/:name/messages", { schema: page, serializerCompiler }, (request, reply) =>
      readMessages(desk, request.params.name, wishOf(request.query), closedWith(reply)),
    );

    const tail = {
      summary: "Messages as they come, as server-sent events; at most 50 a second are told",
      params,
      querystring: Type.Object(narrowing),
      response: { 200: Type.String({ description: "text/event-stream" }), ...faults },
    };
    api.get("/topics/:name/tail", { schema: tail }, async (request, reply) => {
      const { partition, key, filter } = request.query;
      const wish = { partition: partition === undefined ? undefined : Number(partition) };
      const { run } = await openTail(desk, request.params.name, { ...wish, key, filter });
      const over = [closedWith(reply), stop.signal, AbortSignal.timeout(tailMaxMs)];
      const until = AbortSignal.any(over);
      const admitted = whileAdmitted(request, options.access, until);
      await stream(reply, run, AbortSignal.any([until, admitted]));
    });

    const write = {
      summary: "Write one record by hand, or see what is wrong with it; your name is kept",
      params,
      body: Type.Object(
        {
          key: Type.Optional(textOf(1_000, { description: "Without it, the value's own" })),
          value: Type.Unknown(),
          confirm: Type.Boolean({ description: "false: it is checked, not written" }),
        },
        { additionalProperties: false },
      ),
      response: { 200: producedAnswer, 409: errorAnswer, ...faults },
    };
    api.post("/topics/:name/messages", { schema: write }, async (request) => {
      const { key, value, confirm } = request.body;
      const by = callerOf(request).name;
      return produce.take(desk.about(request.params.name), { key, value, confirm, by });
    });
  };
  const close = async (): Promise<void> => {
    stop.abort();
    await watch.close();
    await Promise.all([desk.close(), produce.close()]);
  };
  return { route, desk, watch, close };
};
