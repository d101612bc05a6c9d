import { Failure } from "../errors.ts";

const lost = new Set(["KAFKA_UNREACHABLE", "POSTGRES_UNREACHABLE"]);

/**
 * Whether something was thrown only because the signal ended it, such as the wait for a server that
 * is away: the end that was asked for, and no failure.
 */
export const isGivenUp = (thrown: unknown, signal: AbortSignal): boolean =>
  signal.aborted &&
  (thrown === signal.reason || (thrown instanceof Failure && lost.has(thrown.code)));

/** Resolves with undefined when the signal comes first: a call to a lost broker may take long. */
export const orStopped = async <T>(
  work: Promise<T>,
  signal: AbortSignal,
): Promise<T | undefined> => {
  const stopped = Promise.withResolvers<undefined>();
  const stop = () => stopped.resolve(undefined);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await Promise.race([work, stopped.promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
};
