import Type from "typebox";
import { failure } from "../../errors.ts";
import { errorAnswer, textOf } from "../messages.ts";
import type { Api, Route } from "../route.ts";

const result = Type.Object({
  index: Type.Integer({ description: "Its place in the request, from 0" }),
  status: Type.Unsafe<"accepted" | "refused">({ type: "string", enum: ["accepted", "refused"] }),
  id: Type.Union([Type.String(), Type.Null()], {
    description: "By which the record is known; sent again under it, it counts once",
  }),
  reason: Type.Optional(Type.String({ description: "Why it was refused, for programs" })),
  error: Type.Optional(Type.String({ description: "Why, and what to do about it" })),
});
const eventsAnswer = Type.Object({
  topic: Type.String(),
  accepted: Type.Integer({ description: "Stored by Kafka when this is answered" }),
  refused: Type.Integer(),
  results: Type.Array(result),
});
export type EventsAnswer = Type.Static<typeof eventsAnswer>;

/** One request's records, unread. */
export type EventsOffer = {
  readonly topic: string;
  readonly body: Buffer;
  /** One record on each line, and not one record or a list of them. */
  readonly lines: boolean;
  readonly idempotencyKey: string | undefined;
  /** W3C trace context of the sender, as it came. */
  readonly traceparent: string | undefined;
};
/** Takes records in: what is accepted is in Kafka when this resolves. */
export type AcceptEvents = (offer: EventsOffer) => Promise<EventsAnswer>;

const lineTypes = ["application/x-ndjson", "application/ndjson", "application/jsonl"];
const types = ["application/json", ...lineTypes];

const schema = {
  summary: "Send events: one, a JSON array, or one on each line",
  description:
    "Every record gets a result of its own. 200: all were accepted; 207: some; 422: none. " +
    "Records are checked as the topic's contract says; what is accepted is in Kafka. 503: none " +
    "counts as accepted; send them again with the same ids, and each counts once.",
  consumes: types,
  params: Type.Object({
    topic: textOf(100, { description: "transactions-stream, transactions or outcomes" }),
  }),
  headers: Type.Object({
    "idempotency-key": Type.Optional(
      textOf(200, { description: "Needed for transactions without transaction_id" }),
    ),
    traceparent: Type.Optional(
      Type.String({
        description:
          "W3C trace context: where it is sampled, it is handed on to all that the records cause",
      }),
    ),
  }),
  response: {
    200: eventsAnswer,
    207: eventsAnswer,
    422: eventsAnswer,
    400: errorAnswer,
    404: errorAnswer,
    413: errorAnswer,
    429: errorAnswer,
    503: errorAnswer,
  },
};

const statusOf = ({ accepted, refused }: EventsAnswer): 200 | 207 | 422 => {
  if (refused === 0) return 200;
  return accepted === 0 ? 422 : 207;
};

/** The way in by HTTP. The body is handed on as it came: records are judged one by one. */
export const eventsRoute =
  (accept: AcceptEvents): Route =>
  (api) => {
    api.register(async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser(types, { parseAs: "buffer" }, (_request, body, done) =>
        done(null, body),
      );
      (scope as Api).post("/events/:topic", { schema }, async (request, reply) => {
        if (!Buffer.isBuffer(request.body)) throw failure("REQUEST_WRONG", "it has no body");
        const type = request.headers["content-type"]?.split(";", 1)[0].trim().toLowerCase() ?? "";
        const answer = await accept({
          topic: request.params.topic,
          body: request.body,
          lines: lineTypes.includes(type),
          idempotencyKey: request.headers["idempotency-key"],
          traceparent: request.headers.traceparent,
        });
        return reply.code(statusOf(answer)).send(answer);
      });
    });
  };
