import type { Contract } from "../events/contract.ts";
import type { Topic } from "../stream/topic.ts";
import { Rounds } from "./rounds.ts";

/**
 * The way in for what people do in the console: all values are on their topic when `put` resolves.
 * What cannot be recorded must not be done, so whoever does it waits for this. Throws BROKER_AWAY.
 */
export const openRecord = (place: { bootstrap: string; space: string }) => {
  const rounds = new Rounds(place);
  const put = <T>(topic: Contract<T>, values: readonly T[]): Promise<void> =>
    rounds.put(
      topic as Topic<unknown> as Topic,
      values.map((value) => {
        const key = topic.keyOf?.(value);
        if (key === undefined) throw new Error(`${topic.name} does not say what its key is`);
        return { key, value, bytes: topic.write(value), origin: undefined };
      }),
    );
  return { put, close: () => rounds.close() };
};
