import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { failure, sentenceOf } from "../errors.ts";
import type { Prediction } from "../events/prediction.ts";
import type { ErrorAnswer } from "../serve/messages.ts";
import { type Command, print, say } from "./command.ts";
import { withTables } from "./keys.ts";
import { runningApi } from "./running-api.ts";

const usage =
  `Such as: predict CUST-000001 CUST-000002 --json, or predict CUST-000001 --features ` +
  `'{"failed_txn_count_30d": 0}'.`;

type Instead = Record<string, number | null>;
type Asked = { customers: string[]; instead?: Instead; by?: string; json: boolean };

const insteadIn = (text: string): Instead => {
  try {
    const read = JSON.parse(text) as unknown;
    if (read !== null && typeof read === "object" && !Array.isArray(read)) return read as Instead;
  } catch {
    // Said below.
  }
  throw failure("ARGUMENT_WRONG", "--features is not a JSON object", usage);
};

const words = (args: string[]) => {
  const text = { type: "string" } as const;
  const json = { type: "boolean", default: false } as const;
  try {
    return parseArgs({ args, allowPositionals: true, options: { features: text, by: text, json } });
  } catch (thrown) {
    throw failure("ARGUMENT_WRONG", sentenceOf(thrown), usage);
  }
};

const askedOf = (args: string[]): Asked => {
  const { values, positionals: customers } = words(args);
  const { features, by, json } = values;
  if (customers.length === 0) throw failure("ARGUMENT_WRONG", "predict needs a customer", usage);
  return { customers, instead: features === undefined ? undefined : insteadIn(features), by, json };
};

type Result = { customer_id: string; status: number; prediction?: Prediction; error?: ErrorAnswer };

const sentence = ({ error, cure }: ErrorAnswer): string => (cure ? `${error} ${cure}` : error);

/** What the API says of each customer. Throws FAILED with its words when it refuses them all. */
const ask = async (url: string, { customers, instead }: Asked, key?: string): Promise<Result[]> => {
  const response = await fetch(`${url}/predict`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      // The request may be sent again below this, and is one all the same.
      "idempotency-key": randomUUID(),
      ...(key === undefined ? undefined : { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify({ customer_ids: customers, ...(instead && { features: instead }) }),
  });
  const answer = (await response.json()) as { results: Result[] } | ErrorAnswer;
  if ("results" in answer) return answer.results;
  throw failure("FAILED", sentence(answer));
};

const linesOf = ({ customer_id, prediction: p }: Result & { prediction: Prediction }): string[] => [
  `${customer_id}: ${p.risk_level}, ${p.risk_score}, as of ${p.as_of ?? p.event_time}`,
  ...p.top_features.map(({ reason }) => `  ${reason}`),
];

/**
 * `predict <customer>… [--features '{…}'] [--by key] [--json]`: asks the running API for
 * predictions, which are stored and published; with values in place of a customer's own they are
 * stored alone. Exit code 1 when one was refused.
 */
export const predict: Command = async (args, { config }) => {
  const asked = askedOf(args);
  const key = asked.by ?? config.bellwetherKey;
  const url = await withTables(config, runningApi);
  const results = await ask(url, asked, key);
  if (asked.json) print(JSON.stringify(results));
  else
    for (const result of results) {
      const { customer_id, prediction, error } = result;
      if (prediction) for (const line of linesOf({ ...result, prediction })) print(line);
      else if (error) say(`${customer_id}: ${sentence(error)}`);
    }
  return results.every(({ status }) => status === 200) ? 0 : 1;
};
