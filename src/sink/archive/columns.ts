import { currencyDecimals } from "../../events/currency.ts";

/** A column that is read out of the value, for whoever asks the files without our contracts. */
export type Decoded = {
  readonly name: string;
  readonly type: "STRING" | "DOUBLE" | "BOOLEAN" | "INT64";
  readonly of: (value: Fields) => unknown;
};
type Fields = Readonly<Record<string, unknown>>;

const field = (name: string, type: Decoded["type"] = "STRING"): Decoded => ({
  name,
  type,
  of: (value) => value[name],
});

/** Money as whole minor units of its currency, so that sums stay exact. */
const amountMinor: Decoded = {
  name: "amount_minor",
  type: "INT64",
  of: ({ amount, currency }) => {
    const decimals = typeof currency === "string" ? currencyDecimals.get(currency) : undefined;
    if (typeof amount !== "number" || decimals === undefined) return null;
    const minor = Math.round(amount * 10 ** decimals);
    return Number.isSafeInteger(minor) ? BigInt(minor) : null;
  },
};

const byTopic: Readonly<Record<string, readonly Decoded[]>> = {
  "transactions-stream": [
    amountMinor,
    field("currency"),
    field("txn_type"),
    field("category"),
    field("is_failed", "BOOLEAN"),
  ],
  transactions: [amountMinor, field("currency"), field("category")],
  "predictions-stream": [
    field("risk_score", "DOUBLE"),
    field("risk_level"),
    field("trigger"),
    field("model_version"),
  ],
  "interventions-stream": [field("status"), field("channel"), field("suppressed_by")],
  outcomes: [field("outcome")],
};

export const decodedOf = (topic: string): readonly Decoded[] => byTopic[topic] ?? [];

const types: Record<Decoded["type"], string> = {
  STRING: "string",
  DOUBLE: "number",
  BOOLEAN: "boolean",
  INT64: "bigint",
};

/** The cell of a column; null when the value does not hold what the column is for. */
export const cellOf = ({ type, of }: Decoded, value: Fields | undefined): unknown => {
  if (value === undefined) return null;
  const cell = of(value);
  return typeof cell === types[type] ? cell : null;
};
