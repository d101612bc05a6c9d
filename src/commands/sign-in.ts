import { parseArgs } from "node:util";
import { readAddress } from "../api-address.ts";
import { failure } from "../errors.ts";
import { linkMaxMinutes, linkUrl, makeLink } from "../serve/sign-in-links.ts";
import { type Command, print, say } from "./command.ts";
import { withTables } from "./keys.ts";

const answerMaxMs = 3_000;

/** Whether an API answers there now. */
const answers = (url: string): Promise<boolean> =>
  fetch(`${url}/health/live`, { signal: AbortSignal.timeout(answerMaxMs) }).then(
    ({ ok }) => ok,
    () => false,
  );

/** `sign-in [--name N] [--role R]`: a link that signs somebody in to the running console, once. */
export const signIn: Command = async (args, { config }) => {
  const { values } = parseArgs({
    args,
    options: {
      name: { type: "string", default: "admin" },
      role: { type: "string", default: "admin" },
      json: { type: "boolean", default: false },
    },
  });
  const { name, role } = values;
  return withTables(config, async (pool) => {
    const running = await readAddress(pool);
    if (running === undefined || !(await answers(running)))
      throw failure("SERVER_MISSING", "API", "--space to the one whose API runs");
    const code = await makeLink(pool, { name, role });
    const url = linkUrl(config.publicUrl ?? running, code);
    if (values.json) print(JSON.stringify({ url, name, role }));
    else {
      print(url);
      say(`It signs ${name} in as ${role}, once and within ${linkMaxMinutes} minutes.`);
    }
    return 0;
  });
};
