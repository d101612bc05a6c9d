import { parseArgs } from "node:util";
import { linkMaxMinutes, linkUrl, makeLink } from "../serve/sign-in-links.ts";
import { type Command, print, say } from "./command.ts";
import { withTables } from "./keys.ts";
import { runningApi } from "./running-api.ts";

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
    const running = await runningApi(pool);
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
