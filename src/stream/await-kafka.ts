import { setTimeout as delay } from "node:timers/promises";
import { backoffMs, Failure, failure } from "../errors.ts";
import { isAway } from "./kafka-error.ts";
import { orStopped } from "./stopping.ts";

export type KafkaPatience = {
  bootstrap: string;
  say: (sentence: string) => void;
  signal: AbortSignal;
  /** Looks whether Kafka answers at all, without a client that holds on to what it asked. */
  answers?: () => Promise<boolean>;
};

/** Work that the signal interrupts is given so long: what Kafka's client still waits for hangs. */
const settleMaxMs = 5_000;

const means = (thrown: unknown): boolean =>
  isAway(thrown) || (thrown instanceof Failure && thrown.code === "KAFKA_UNREACHABLE");

/**
 * Does `work`, again and again with growing pauses while Kafka is away: said in one line when it is
 * missed and one when it is back. Throws KAFKA_UNREACHABLE when the signal ends the waiting.
 */
export const awaitKafka = async <T>(
  work: () => Promise<T>,
  { bootstrap, say, signal, answers }: KafkaPatience,
): Promise<T> => {
  const away = failure("KAFKA_UNREACHABLE", bootstrap);
  for (let attempt = 0; !signal.aborted; attempt++)
    try {
      if (answers && !(await answers())) throw away;
      if (signal.aborted) break;
      const done = work().then((result) => ({ result }));
      done.catch(() => {});
      const answered = await orStopped(done, signal);
      if (answered === undefined) {
        await orStopped(done, AbortSignal.timeout(settleMaxMs)).catch(() => {});
        break;
      }
      if (attempt > 0) say(`Kafka answers again at ${bootstrap}.`);
      return answered.result;
    } catch (thrown) {
      if (!means(thrown)) throw thrown;
      if (attempt === 0) say(`${away.message} Trying again until it does.`);
      await delay(backoffMs(attempt), undefined, { signal }).catch(() => {});
    }
  throw away;
};
