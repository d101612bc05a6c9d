/** Asks, or gives what was answered a moment ago under the same key. */
export type Keep = <T>(key: string, ask: () => Promise<T>) => Promise<T>;

const keptMost = 200;

/**
 * Keeps answers for a moment, so that many who look at the same thing ask for it once: also those
 * who come while it is being asked. What fails is not kept.
 */
export const keeping = (forMs: number, now: () => number = () => performance.now()): Keep => {
  const kept = new Map<string, { answer: Promise<unknown>; at: number }>();
  return <T>(key: string, ask: () => Promise<T>): Promise<T> => {
    const known = kept.get(key);
    if (known && now() - known.at < forMs) return known.answer as Promise<T>;
    const answer = ask();
    kept.delete(key);
    kept.set(key, { answer, at: now() });
    answer.catch(() => kept.get(key)?.answer === answer && kept.delete(key));
    for (const oldest of kept.keys()) {
      if (kept.size <= keptMost) break;
      kept.delete(oldest);
    }
    return answer;
  };
};
