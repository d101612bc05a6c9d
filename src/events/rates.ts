import Type, { type Static } from "typebox";
import { numbers, text, time } from "./contract.ts";
import { currencyDecimals } from "./currency.ts";
import { BadRecord } from "./reading.ts";

/** What a policy of kind `rates` says: exchange rates by the day from which on they hold. */
export const rateFields = {
  base: text({ description: "The currency of which one unit is worth the rates, such as EUR" }),
  entries: Type.Array(
    Type.Object({
      from: time({ description: "They hold from this day until the next entry that names them" }),
      rates: numbers({ description: "Units of each currency, by its code of ISO 4217" }),
    }),
    { maxItems: 20_000 },
  ),
};
const ratesSchema = Type.Object(rateFields);

/** What the schema cannot say. Throws BadRecord. */
export const checkRates = ({ base, entries }: Static<typeof ratesSchema>): void => {
  const rates = entries.flatMap((entry) => Object.entries(entry.rates));
  const unknown = [base, ...rates.map(([code]) => code)].find(
    (code) => !currencyDecimals.has(code),
  );
  if (unknown !== undefined)
    throw new BadRecord(
      "unknown_currency",
      `${unknown} is not a code of ISO 4217: send one such as EUR.`,
    );
  const wrong = rates.find(([, rate]) => rate <= 0);
  if (wrong)
    throw new BadRecord("unknown_value", `The rate of ${wrong[0]} must be more than 0: mend it.`);
};
