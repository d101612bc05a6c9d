import type { CustomerUpdate } from "../../events/customer.ts";
import { timeMs } from "../../events/time.ts";
import { DAY_MS } from "../../rules/calendar.ts";
import type { Groups } from "../../rules/scoring/report.ts";
import { decadeOf } from "./fairness.ts";

const yearMs = 365.2425 * DAY_MS;

/** What is known of a person on a day and is no feature: looked at for fairness alone. */
export const groupsOf = (
  { gender, date_of_birth }: Partial<Pick<CustomerUpdate, "gender" | "date_of_birth">>,
  at: number,
): Groups => ({
  ...(gender && { sex: gender }),
  ...(date_of_birth && { age: decadeOf(Math.floor((at - timeMs(date_of_birth)) / yearMs)) }),
});
