import Type from "typebox";
import { personOf } from "../access.ts";
import type { Approvals } from "../approvals.ts";
import { causeOf } from "../desk/causes.ts";
import type { LetterDesk } from "../desk/desk.ts";
import {
  causesAnswer,
  checkAnswer,
  dryRunAnswer,
  type LetterState,
  letterAnswer,
  letterStates,
  lettersAnswer,
  redriveAnswer,
  redriveAskedAnswer,
  redrivesAnswer,
  settledAnswer,
} from "../messages/dead-letters.ts";
import { errorAnswer, textOf } from "../messages.ts";
import type { Route } from "../route.ts";

const faults = {
  400: errorAnswer,
  403: errorAnswer,
  404: errorAnswer,
  409: errorAnswer,
  410: errorAnswer,
  422: errorAnswer,
  503: errorAnswer,
};
const state = Type.Optional(
  Type.Unsafe<LetterState>({ type: "string", enum: [...letterStates], description: "Or open" }),
);
const whole = (pattern: string, description: string) =>
  Type.Optional(Type.String({ pattern, description }));
const spans = { hour: 3_600, day: 86_400, week: 604_800, month: 2_592_000 } as const;
type Span = keyof typeof spans;

const at = textOf(300, { description: "Where its bytes lie: topic-partition-offset" });
const processor = Type.Optional(
  textOf(200, { description: "Who could not use it, where several could not" }),
);
const recordText = Type.String({ maxLength: 1_000_000, description: "The edited text" });
const one = Type.Object(
  { at, processor, text: Type.Optional(recordText) },
  { additionalProperties: false },
);
const redriveBody = Type.Object(
  {
    at: Type.Optional(at),
    processor,
    text: Type.Optional(recordText),
    cause: Type.Optional(textOf(600, { description: "In place of `at`: all of a cause" })),
    most: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
    per_second: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
    dry_run: Type.Optional(Type.Boolean({ description: "Only say what it would bring about" })),
  },
  { additionalProperties: false },
);
const asideBody = Type.Object(
  {
    at: Type.Optional(at),
    processor,
    cause: Type.Optional(textOf(600)),
    reason: textOf(500, { description: "Why it need not be used" }),
  },
  { additionalProperties: false },
);
const serializerCompiler = () => JSON.stringify;
const redriveParams = Type.Object({ id: textOf(100) });

/** Looking at them. */
const readingRoutes =
  (desk: LetterDesk): Route =>
  (api) => {
    const list = {
      summary: "Records that could not be used, by cause: how many, since when, until when",
      querystring: Type.Object({
        state,
        span: Type.Optional(Type.Unsafe<Span>({ type: "string", enum: Object.keys(spans) })),
      }),
      response: { 200: causesAnswer, 503: errorAnswer },
    };
    api.get("/dead-letters", { schema: list }, (request) =>
      desk.causes.list(request.query.state ?? "open", spans[request.query.span ?? "day"]),
    );

    const page = {
      summary: "The records of a cause, the newest first",
      params: Type.Object({ cause: textOf(600, { description: "processor~reason~topic" }) }),
      querystring: Type.Object({
        state,
        after: Type.Optional(textOf(400, { description: "`next` of the page before" })),
      }),
      response: { 200: lettersAnswer, ...faults },
    };
    api.get("/dead-letters/:cause/records", { schema: page }, (request) => {
      const { state: of = "open", after } = request.query;
      return desk.causes.page(causeOf(request.params.cause), of, after);
    });

    const record = {
      summary: "One of them: its bytes, its error, and its fields against the contract",
      querystring: Type.Object({
        at,
        processor,
        hex_from: whole("^\\d{1,9}$", "Where the bytes begin that are shown"),
      }),
      response: { 200: letterAnswer, ...faults },
    };
    api.get("/dead-letters/record", { schema: record, serializerCompiler }, (request) => {
      const { at: place, processor: by, hex_from } = request.query;
      return desk.view(place, by, Number(hex_from ?? 0));
    });

    const check = {
      summary: "Whether a record, edited or as it came, keeps the contract of its topic",
      body: one,
      response: { 200: checkAnswer, ...faults },
    };
    api.post("/dead-letters/check", { schema: check }, (request) => desk.check(request.body));

    const dryRun = {
      summary: "What the processor would make of it now; nothing is written",
      body: one,
      response: { 200: dryRunAnswer, ...faults },
    };
    api.post("/dead-letters/dry-run", { schema: dryRun, serializerCompiler }, (request) =>
      desk.dryRun(request.body),
    );
  };

/** Doing something about them. */
const actingRoutes =
  (desk: LetterDesk, approvals: Approvals): Route =>
  (api) => {
    const redrive = {
      summary: "Put one back, or those of a cause at a rate, for the one group that refused them",
      description: "More than 20 need a second person: then `approval` says what they agree to.",
      body: redriveBody,
      response: { 200: redriveAskedAnswer, 202: redriveAskedAnswer, ...faults },
    };
    api.post("/dead-letters/redrive", { schema: redrive }, async (request, reply) => {
      const { cause, most = 1_000, per_second = 50, dry_run, at: place, ...rest } = request.body;
      if (cause === undefined)
        return desk.redriveOne({ ...rest, at: place ?? "" }, personOf(request));
      const many = { cause, most, per_second };
      if (dry_run) {
        const { says } = await desk.effect(many);
        return { effect: says, redrive: null, approval: null };
      }
      const asked = await desk.redriveMany(many, personOf(request), approvals);
      return reply.code(asked.approval ? 202 : 200).send(asked);
    });

    const aside = {
      summary: "Set one aside, or all of a cause: they wait no longer, and their bytes stay",
      body: asideBody,
      response: { 200: settledAnswer, ...faults },
    };
    api.post("/dead-letters/set-aside", { schema: aside }, async (request) => ({
      settled: await desk.setAside(request.body, personOf(request)),
    }));

    const back = {
      summary: "Put back what was set aside, or what nobody knows to have arrived",
      body: Type.Object({ at, processor }, { additionalProperties: false }),
      response: { 200: settledAnswer, ...faults },
    };
    api.post("/dead-letters/put-back", { schema: back }, async (request) => ({
      settled: await desk.putBack(request.body, personOf(request)),
    }));

    const list = {
      summary: "The newest redrives, and how far they are",
      response: { 200: redrivesAnswer, 503: errorAnswer },
    };
    api.get("/redrives", { schema: list }, async () => ({ redrives: await desk.redrives.list() }));

    const stop = {
      summary: "End a redrive after the records that are on their way",
      params: redriveParams,
      response: { 200: redriveAnswer, ...faults },
    };
    api.post("/redrives/:id/stop", { schema: stop }, (request) =>
      desk.stop(request.params.id, personOf(request)),
    );
  };

/** The desk for records that nobody could use. */
export const deadLetterRoutes =
  (desk: LetterDesk, approvals: Approvals): Route =>
  (api) => {
    readingRoutes(desk)(api);
    actingRoutes(desk, approvals)(api);
  };
