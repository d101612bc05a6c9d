import Type from "typebox";
import { isUnreachable } from "../../db.ts";
import { failure } from "../../errors.ts";
import { personOf } from "../access.ts";
import type { AccessLog } from "../access-log.ts";
import {
  type Call,
  callAnswer,
  callsAnswer,
  type Doubt,
  doubtsAnswer,
  sentAgainAnswer,
  type TakenCall,
  takenAnswer,
} from "../messages/calls.ts";
import { errorAnswer, textOf } from "../messages.ts";
import type { Route } from "../route.ts";

/** The list of calls, and the messages of which nobody knows whether they were sent. */
export type CallDesk = {
  open: () => Promise<Call[]>;
  take: (id: string, person: string) => Promise<TakenCall>;
  end: (id: string, person: string, how: "answered" | "no_answer") => Promise<Call>;
  unknown: () => Promise<Doubt[]>;
  sendAgain: (id: string, person: string) => Promise<void>;
};

const faults = { 401: errorAnswer, 403: errorAnswer, 404: errorAnswer, 409: errorAnswer };
const params = Type.Object({ id: textOf(200) });

const asked = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (thrown) {
    throw isUnreachable(thrown) ? failure("READ_MODEL_AWAY") : thrown;
  }
};

const answers = <T>(answer: T) => ({ 200: answer, ...faults, 503: errorAnswer });

/**
 * For people who call customers: the open calls, one taken, and how it ended. And for whoever has
 * to decide whether a message goes once more although it may have arrived. Who is given a name and
 * number stands in the log before: the call is the reason.
 */
export const callsRoutes =
  (desk: CallDesk, log: Pick<AccessLog, "record">): Route =>
  (api) => {
    const list = {
      summary: "Calls to make, the most urgent first; no personal data",
      response: answers(callsAnswer),
    };
    api.get("/calls", { schema: list }, async () => ({
      calls: await asked(desk.open),
    }));

    const take = {
      summary: "Take a call: whether it may be made is asked once more, then the number is given",
      description: "That you were given it is recorded first; 503: it cannot be, and is not given.",
      params,
      response: answers(takenAnswer),
    };
    api.post("/calls/:id/take", { schema: take }, async (request, reply) => {
      const { id } = request.params;
      const person = personOf(request);
      const taken = await asked(() => desk.take(id, person.name));
      const { customer_id } = taken;
      await log.record(person, {
        what: "unmasked",
        ...(customer_id !== null && { customer_id }),
        fields: ["name", "phone"],
        reason: `To make call ${id}`,
      });
      reply.header("cache-control", "no-store");
      return taken;
    });

    const endings = { done: "answered", "no-answer": "no_answer" } as const;
    for (const [path, how] of Object.entries(endings)) {
      const summary = how === "answered" ? "The customer was spoken to" : "Nobody answered";
      const schema = { summary, params, response: answers(callAnswer) };
      api.post(`/calls/:id/${path}`, { schema }, (request) =>
        asked(() => desk.end(request.params.id, personOf(request).name, how)),
      );
    }

    const unknown = {
      summary: "Messages of which nobody knows whether they were sent",
      response: answers(doubtsAnswer),
    };
    api.get("/notifications/unknown", { schema: unknown }, async () => ({
      notifications: await asked(desk.unknown),
    }));

    const again = {
      summary: "Send a message once more although it may have arrived; your name is kept",
      params,
      response: answers(sentAgainAnswer),
    };
    api.post("/notifications/:id/send-again", { schema: again }, (request) =>
      asked(async () => {
        const { id } = request.params;
        const { name: person } = personOf(request);
        await desk.sendAgain(id, person);
        return { notification_id: id, asked_by: person };
      }),
    );
  };
