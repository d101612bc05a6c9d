import { failure } from "../errors.ts";

/** How often a client tells its statistics. */
export const pulseMs = 2_000;

/**
 * A client forgets each broker that an answer does not name. A broker that its controller shuts out
 * for a moment names none, itself neither: the client may then have nobody left to ask, and stands
 * still for good (librdkafka, issue 5301). Its statistics tell: while a broker is merely away they
 * go on naming it.
 */
const namesABroker = /"source":\s*"(?:learned|configured)"/;
const silentMax = 2;

export type Pulse = {
  /** True once the client has nobody left to ask. */
  readonly isLost: boolean;
  /** What a call on the client answers, or STUCK when the client is lost before it does. */
  orLost: <T>(answer: Promise<T>, doing: string) => Promise<T>;
};

type Telling = { on(event: string, listener: (told: { message: string }) => void): void };

/** Listens to a client whose settings ask for statistics. */
export const pulseOf = (client: Telling): Pulse => {
  let silent = 0;
  const waiting = new Set<() => void>();
  client.on("event.stats", ({ message }) => {
    silent = namesABroker.test(message) ? 0 : silent + 1;
    if (silent >= silentMax) for (const giveUp of waiting) giveUp();
  });
  const orLost = <T>(answer: Promise<T>, doing: string): Promise<T> =>
    new Promise((resolve, reject) => {
      const giveUp = () => {
        waiting.delete(giveUp);
        reject(failure("STUCK", doing));
      };
      waiting.add(giveUp);
      answer.then(resolve, reject).finally(() => waiting.delete(giveUp));
      if (silent >= silentMax) giveUp();
    });
  return {
    get isLost() {
      return silent >= silentMax;
    },
    orLost,
  };
};
