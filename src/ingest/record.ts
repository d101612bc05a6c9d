import { failure } from "../errors.ts";
import type { Contract } from "../events/contract.ts";
import type { Topic } from "../stream/topic.ts";
import { Rounds } from "./rounds.ts";

/**
 * The way in for what people do in the console: each value is on its topic when `put` resolves.
 * What cannot be recorded must not be done, so whoever does it waits for this.
 */
export const openRecord = (place: { bootstrap: string; space: string }) => {
  const rounds = new Rounds(place);
  const put = async <T>(topic: Contract<T>, value: T): Promise<void> => {
    const key = topic.keyOf?.(value);
    if (key === undefined) throw new Error(`${topic.name} does not say what its key is`);
    const ready = { key, value, bytes: topic.write(value), origin: undefined };
    await rounds.put(topic as Topic<unknown> as Topic, [ready]).catch(() => {
      throw failure("UNRECORDED");
    });
  };
  return { put, close: () => rounds.close() };
};
