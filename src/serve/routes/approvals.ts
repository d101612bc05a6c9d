import Type from "typebox";
import { callerOf, personOf } from "../access.ts";
import type { Approvals } from "../approvals.ts";
import { approvalAnswer, approvalsAnswer } from "../messages/approvals.ts";
import { errorAnswer, textOf } from "../messages.ts";
import type { Route } from "../route.ts";

const faults = { 403: errorAnswer, 404: errorAnswer, 409: errorAnswer, 503: errorAnswer };
const params = Type.Object({ id: textOf(100) });

/** What waits for a second person, and what that person says. */
export const approvalsRoutes =
  (approvals: Approvals): Route =>
  (api) => {
    const list = {
      summary: "What was asked for and needs a second person, open ones first",
      querystring: Type.Object({
        act: Type.Optional(textOf(200, { description: "Only these acts, parted by commas" })),
      }),
      response: { 200: approvalsAnswer, 503: errorAnswer },
    };
    api.get("/approvals", { schema: list }, async (request) => ({
      approvals: await approvals.list(callerOf(request), request.query.act?.split(",")),
    }));

    const approve = {
      summary: "Agree as the second person: it is carried out at once, and once",
      params,
      response: { 200: approvalAnswer, ...faults },
    };
    api.post("/approvals/:id/approve", { schema: approve }, (request) =>
      approvals.agree(request.params.id, personOf(request)),
    );

    const refuse = {
      summary: "Refuse as the second person, or withdraw what you asked for yourself",
      params,
      response: { 200: approvalAnswer, ...faults },
    };
    api.post("/approvals/:id/refuse", { schema: refuse }, (request) =>
      approvals.refuse(request.params.id, personOf(request)),
    );
  };
