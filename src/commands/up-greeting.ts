import { setTimeout as delay } from "node:timers/promises";
import type { Config } from "../config.ts";
import { openPool, type Say } from "../db.ts";
import { sentenceOf } from "../errors.ts";
import { linkMaxMinutes, linkUrl, makeLink } from "../serve/sign-in-links.ts";
import type { SupervisedProcesses } from "./up-processes.ts";

const lookEveryMs = 200;

/** Once the API answers, says how to come in: by a link that works once. */
export const greet = async (
  config: Config,
  processes: SupervisedProcesses,
  say: Say,
  signal: AbortSignal,
): Promise<void> => {
  const address = () => processes.figures().api?.url;
  while (address() === undefined && !signal.aborted)
    await delay(lookEveryMs, undefined, { signal }).catch(() => {});
  const url = address();
  if (url === undefined || signal.aborted) return;
  const pool = openPool(config, { max: 1 });
  try {
    const code = await makeLink(pool, { name: "admin", role: "admin" });
    const link = linkUrl(config.publicUrl ?? url, code);
    say(`The console, once and within ${linkMaxMinutes} minutes: ${link}`);
  } catch (thrown) {
    say(`No link to the console could be made: ${sentenceOf(thrown)} ./bellwether sign-in does.`);
  } finally {
    await pool.end();
  }
};
