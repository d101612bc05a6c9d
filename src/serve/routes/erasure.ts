import Type from "typebox";
import { type Caller, personOf } from "../access.ts";
import { type ApprovalAnswer, approvalAnswer } from "../messages/approvals.ts";
import { errorAnswer, textOf } from "../messages.ts";
import type { Route } from "../route.ts";

/** Puts an erasure before a second person. */
export type AskToErase = (
  wish: { readonly customer: string; readonly reason: string },
  caller: Caller,
) => Promise<ApprovalAnswer>;

const schema = {
  summary: "Ask to erase a customer from everything, for good; a second person must agree",
  params: Type.Object({ id: textOf(200) }),
  body: Type.Object(
    { reason: textOf(300, { minLength: 3, description: "Why; it is kept with both names" }) },
    { additionalProperties: false },
  ),
  response: {
    202: approvalAnswer,
    400: errorAnswer,
    403: errorAnswer,
    404: errorAnswer,
    503: errorAnswer,
  },
};

/** Erasing a customer: it is asked for here, and agreed to under /approvals. */
export const erasureRoute =
  (ask: AskToErase): Route =>
  (api) => {
    api.post("/customers/:id/erase", { schema }, async (request, reply) => {
      const wish = { customer: request.params.id, reason: request.body.reason };
      return reply.code(202).send(await ask(wish, personOf(request)));
    });
  };
