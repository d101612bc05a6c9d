import type pg from "pg";
import { readAddress } from "../api-address.ts";
import { failure } from "../errors.ts";

const answerMaxMs = 3_000;

/** Whether an API answers there now. */
const answers = (url: string): Promise<boolean> =>
  fetch(`${url}/health/live`, { signal: AbortSignal.timeout(answerMaxMs) }).then(
    ({ ok }) => ok,
    () => false,
  );

/** Where the API of the space answers now. Throws SERVER_MISSING when it does not. */
export const runningApi = async (pool: Pick<pg.Pool, "query">): Promise<string> => {
  const running = await readAddress(pool);
  if (running !== undefined && (await answers(running))) return running;
  throw failure("SERVER_MISSING", "API", "--space to the one whose API runs");
};
