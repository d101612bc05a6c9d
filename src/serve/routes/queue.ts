import type pg from "pg";
import Type from "typebox";
import { callerOf, personOf } from "../access.ts";
import type { CaseAct, CaseDesk } from "../cases.ts";
import type { Exchange } from "../exchange.ts";
import { keeping } from "../keep.ts";
import {
  type ActAnswer,
  actAnswer,
  assignBody,
  decideBody,
  queueAnswer,
  queueQuery,
  reopenBody,
  undoBody,
  viewBody,
  viewsAnswer,
} from "../messages/queue.ts";
import { errorAnswer, textOf } from "../messages.ts";
import { readQueue } from "../queue.ts";
import { dropView, listViews, saveView } from "../queue-views.ts";
import type { Api, Route } from "../route.ts";
import { keyHeaders, keyIn } from "./idempotency-key.ts";

const faults = { 400: errorAnswer, 401: errorAnswer, 503: errorAnswer };
const headers = keyHeaders("Needed but for a dry run: the same key does it once");
const acted = {
  headers,
  response: { 200: actAnswer, 207: actAnswer, ...faults },
};
const description =
  "Each customer gets a result of their own. 200: done with all; 207: not with all. What is done " +
  "is in Kafka when this is answered. 503: none of it counts; ask again with the same key.";

const read = {
  summary: "Customers at risk, ranked by what is likely to be lost, with counts by each filter",
  description: "Expected loss = risk score × what is overdue or falls due within a month.",
  querystring: queueQuery,
  response: { 200: queueAnswer, ...faults },
};
const decide = { summary: "Decide about customers, with reasons", body: decideBody };
const assign = { summary: "Take customers, give them to somebody, or back", body: assignBody };
const reopen = { summary: "Have customers wait for a person again", body: reopenBody };
const undo = {
  summary: "Take back what one did within the last ten seconds",
  body: undoBody,
  response: acted.response,
};

const statusOf = ({ refused }: ActAnswer): 200 | 207 => (refused === 0 ? 200 : 207);

const actRoutes = (api: Api, desk: CaseDesk): void => {
  api.post(
    "/queue/decide",
    { schema: { ...decide, description, ...acted } },
    async (ask, reply) => {
      const { customer_ids: customers, dry_run, ...fields } = ask.body;
      const answer = await desk.act({
        customers,
        act: { kind: "decided", ...fields },
        caller: personOf(ask),
        key: dry_run ? undefined : keyIn(ask.headers),
        dryRun: dry_run === true,
      });
      return reply.code(statusOf(answer)).send(answer);
    },
  );
  api.post(
    "/queue/assign",
    { schema: { ...assign, description, ...acted } },
    async (ask, reply) => {
      const { customer_ids: customers, dry_run, to } = ask.body;
      const act: CaseAct = to === null ? { kind: "released" } : { kind: "assigned", to };
      const key = dry_run ? undefined : keyIn(ask.headers);
      const caller = personOf(ask);
      const answer = await desk.act({ customers, act, caller, key, dryRun: dry_run === true });
      return reply.code(statusOf(answer)).send(answer);
    },
  );
  api.post(
    "/queue/reopen",
    { schema: { ...reopen, description, ...acted } },
    async (ask, reply) => {
      const { customer_ids: customers, dry_run } = ask.body;
      const key = dry_run ? undefined : keyIn(ask.headers);
      const [act, caller] = [{ kind: "reopened" } as const, personOf(ask)];
      const answer = await desk.act({ customers, act, caller, key, dryRun: dry_run === true });
      return reply.code(statusOf(answer)).send(answer);
    },
  );
  api.post("/queue/undo", { schema: undo }, async (ask, reply) => {
    const answer = await desk.undo(ask.body.case_decision_ids, personOf(ask));
    return reply.code(statusOf(answer)).send(answer);
  });
};

const params = Type.Object({ name: textOf(60) });
const listSchema = {
  summary: "Views of the queue: one's own, and what others share",
  response: { 200: viewsAnswer, ...faults },
};
const saveSchema = {
  summary: "Keep filters of the queue under a name",
  params,
  body: viewBody,
  response: { 200: viewsAnswer, ...faults, 409: errorAnswer },
};
const dropSchema = {
  summary: "Remove a view of one's own",
  params,
  response: { 200: viewsAnswer, ...faults, 404: errorAnswer },
};

const viewRoutes = (api: Api, pool: pg.Pool): void => {
  const views = async (me: string) => ({ views: await listViews(pool, me) });
  api.get("/queue/views", { schema: listSchema }, (ask) => views(callerOf(ask).name));
  api.put("/queue/views/:name", { schema: saveSchema }, async (ask) => {
    const { name: me } = personOf(ask);
    await saveView(pool, { me, name: ask.params.name, ...ask.body });
    return views(me);
  });
  api.delete("/queue/views/:name", { schema: dropSchema }, async (ask) => {
    const { name: me } = personOf(ask);
    await dropView(pool, me, ask.params.name);
    return views(me);
  });
};

/** How old an answer may be: many consoles look at the same pages. */
const freshMs = 1_000;

/** The queue of customers at risk, and what people decide there. */
export const queueRoutes =
  ({ pool, exchange, desk }: { pool: pg.Pool; exchange: Exchange; desk: CaseDesk }): Route =>
  (api) => {
    const stores = { pool, exchange, keep: keeping(freshMs) };
    api.get("/queue", { schema: read }, (ask) => readQueue(stores, ask.query, callerOf(ask).name));
    actRoutes(api, desk);
    viewRoutes(api, pool);
  };
