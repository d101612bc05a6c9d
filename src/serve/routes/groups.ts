import Type, { type Static } from "typebox";
import { failure } from "../../errors.ts";
import { timeMs } from "../../events/time.ts";
import { personOf } from "../access.ts";
import type { Approvals } from "../approvals.ts";
import type { GroupDesk } from "../groups/desk.ts";
import type { OffsetReset, ResetWish } from "../groups/reset.ts";
import { groupsAnswer, resetAnswer, type Target, targets } from "../messages/groups.ts";
import { errorAnswer, textOf } from "../messages.ts";
import type { Route } from "../route.ts";

const faults = {
  400: errorAnswer,
  403: errorAnswer,
  404: errorAnswer,
  409: errorAnswer,
  503: errorAnswer,
};
const resetBody = Type.Object(
  {
    to: Type.Unsafe<Target>({ type: "string", enum: [...targets] }),
    time: Type.Optional(textOf(40, { description: "For `time`: ISO 8601" })),
    offset: Type.Optional(Type.Integer({ minimum: 0, description: "For `offset`" })),
    topic: Type.Optional(textOf(200, { description: "This one alone" })),
    partition: Type.Optional(Type.Integer({ minimum: 0, description: "This one alone" })),
    dry_run: Type.Optional(Type.Boolean({ description: "Only say what it would bring about" })),
  },
  { additionalProperties: false },
);

const wishOf = (body: Static<typeof resetBody>): ResetWish => {
  const { to, time, offset, topic, partition } = body;
  const ms = time === undefined ? undefined : timeMs(time);
  if (to === "time" && (ms === undefined || Number.isNaN(ms)))
    throw failure("REQUEST_WRONG", "`time` is not a time in ISO 8601");
  if (to === "offset" && offset === undefined)
    throw failure("REQUEST_WRONG", "`offset` is missing");
  return { to, time: ms, offset, topic, partition };
};

/** Who reads what, how far behind they are, and from where they go on. */
export const groupsRoutes =
  (desk: GroupDesk, reset: OffsetReset, approvals: Approvals): Route =>
  (api) => {
    const list = {
      summary:
        "Every consumer group: its members, and how far it is behind, in records and seconds",
      response: { 200: groupsAnswer, 503: errorAnswer },
    };
    api.get("/groups", { schema: list }, () => desk.list());

    const move = {
      summary: "Move the offsets of a group without members, once a second person agrees",
      description: "With `dry_run` it only says from where to where, and what hinders it.",
      params: Type.Object({ group: textOf(200, { description: "Without the space" }) }),
      body: resetBody,
      response: { 200: resetAnswer, 202: resetAnswer, ...faults },
    };
    api.post("/groups/:group/offsets/reset", { schema: move }, async (request, reply) => {
      const { group } = request.params;
      const wish = wishOf(request.body);
      if (request.body.dry_run) {
        const { moves: _, ...planned } = await reset.plan(group, wish);
        return planned;
      }
      return reply.code(202).send(await reset.ask(group, wish, personOf(request), approvals));
    });
  };
