import { parseArgs } from "node:util";
import type { Config } from "../config.ts";
import { failure } from "../errors.ts";
import { contactChannels } from "../events/customer.ts";
import { listUnknown, sendAgain } from "../sink/notify/again.ts";
import { shippedTemplates } from "../sink/notify/templates.ts";
import { type Command, print, say } from "./command.ts";
import { holderOf, withTables } from "./keys.ts";
import { table } from "./table.ts";

const usage =
  'Such as: notify preview offer-payment-options --customer-json \'{"name": "Ada"}\', ' +
  "notify unknown, notify send-again <id> --by <key>.";

type Values = {
  "customer-json"?: string;
  channel?: string;
  language?: string;
  by?: string;
  json: boolean;
};

type Customer = { name?: string | null; language?: string | null };

const customerIn = (text: string | undefined): Customer => {
  if (text === undefined) return {};
  try {
    const read = JSON.parse(text) as unknown;
    if (read !== null && typeof read === "object" && !Array.isArray(read)) return read as Customer;
  } catch {
    // Said below.
  }
  throw failure(
    "ARGUMENT_WRONG",
    "--customer-json is not a JSON object",
    `Give one such as '{"name": "Ada", "language": "de"}'.`,
  );
};

/** Shows what a customer would read, in each channel and without sending anything. */
const preview = (config: Config, template: string, values: Values): number => {
  const templates = shippedTemplates(config);
  const names = templates.names();
  const name = template.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  if (!names.includes(name))
    throw failure(
      "ARGUMENT_WRONG",
      `There is no template "${template}"`,
      `Give one of ${names.join(", ")}.`,
    );
  if (
    values.channel !== undefined &&
    !contactChannels.some((channel) => channel === values.channel)
  )
    throw failure(
      "ARGUMENT_WRONG",
      `There is no channel "${values.channel}"`,
      `Give one of ${contactChannels.join(", ")}.`,
    );
  const customer = customerIn(values["customer-json"]);
  const language = values.language ?? customer.language;
  const shown = contactChannels
    .filter((channel) => channel === (values.channel ?? channel))
    .flatMap((channel) => {
      const text = templates.render(name, channel, language, { name: customer.name });
      return text ? [{ channel, ...text, characters: text.text.length }] : [];
    });
  if (values.json) print(JSON.stringify(shown, undefined, 2));
  else
    for (const { channel, subject, text, characters, language: spoken } of shown) {
      print(`${channel}, ${spoken}, ${characters} characters`);
      print(`${subject === null ? "" : `${subject}\n\n`}${text}\n`);
    }
  return 0;
};

const unknown = (config: Config, json: boolean): Promise<number> =>
  withTables(config, async (pool) => {
    const found = await listUnknown(pool);
    if (json) print(JSON.stringify(found, undefined, 2));
    else {
      const rows = found.map((one) => [
        one.notification_id,
        one.channel,
        one.provider ?? "",
        one.reason ?? "",
        one.since,
      ]);
      print(table(["notification", "channel", "provider", "why", "since"], rows));
      say(`${found.length} of which nobody knows whether they were sent`);
    }
    return 0;
  });

const again = (config: Config, id: string, secret: string | undefined): Promise<number> =>
  withTables(config, async (pool) => {
    const holder = await holderOf(pool, secret);
    if (holder.scopes) throw failure("KEY_SCOPE_WRONG", holder.scopes.join(", "));
    if (holder.role !== "lead" && holder.role !== "admin")
      throw failure("KEY_ROLE_WRONG", holder.role, "lead or admin");
    await sendAgain(pool, { id, person: holder.name, now: Date.now() });
    say(`It is sent again, as ${holder.name} asked.`);
    return 0;
  });

/** `notify preview <template> | unknown | send-again <id>`: what customers read, and doubts. */
export const notify: Command = async (args, { config }) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      "customer-json": { type: "string" },
      channel: { type: "string" },
      language: { type: "string" },
      by: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const [what, one] = positionals;
  if (what === "preview" && one !== undefined) return preview(config, one, values);
  if (what === "unknown") return unknown(config, values.json);
  if (what === "send-again" && one !== undefined)
    return again(config, one, values.by ?? config.bellwetherKey);
  throw failure("ARGUMENT_WRONG", "notify needs preview, unknown or send-again", usage);
};
