import type { CaseReason, DecisionKind } from "../../../src/events/case.ts";
import type { QueueFacet, QueueRow } from "../../../src/serve/messages/queue.ts";

/** What a person may decide, in the order of the dialog, and for how many days it usually rests. */
export const decisions: Record<DecisionKind, { name: string; says: string; days: number }> = {
  contact_by_person: {
    name: "Contact by a person",
    says: "Somebody speaks with the customer",
    days: 7,
  },
  payment_plan: { name: "Payment plan", says: "A plan is offered or agreed", days: 30 },
  watch: { name: "Watch", says: "Nothing now; look again later", days: 7 },
  no_action: { name: "No action", says: "Nothing is to be done", days: 14 },
  false_alarm: { name: "False alarm", says: "The customer is not in trouble", days: 30 },
};

export const reasons: Record<CaseReason, string> = {
  spoke_with_customer: "Spoke with the customer",
  promised_to_pay: "Promised to pay",
  plan_agreed: "A plan is agreed",
  income_on_its_way: "Income is on its way",
  known_expense: "A known, single expense",
  already_in_contact: "Already in contact",
  needs_support: "Needs support",
  small_amount: "The amount is small",
  data_wrong: "The data are wrong",
  not_credible: "The score is not credible",
  other: "Another reason, see the note",
};

/** How a customer was contacted last, in a word. */
export const contacts: Record<QueueRow["contact"]["state"], string> = {
  contacted: "Contacted",
  waiting: "Put off",
  stopped: "Stopped",
  failed: "Failed",
  control: "Control group",
  closed: "Closed",
  none: "None so far",
};

const products: Record<string, string> = {
  loan: "Loan",
  mortgage: "Mortgage",
  credit_card: "Credit card",
  leasing: "Leasing",
  rent: "Rent",
  utility: "Household bills",
  telecom: "Phone and internet",
  other: "Other",
};
export const productName = (product: string): string => products[product] ?? sentence(product);

/** DUE_NOT_COVERED: Due not covered. */
export const sentence = (code: string): string => {
  const words = code.toLowerCase().replaceAll("_", " ");
  return words.slice(0, 1).toUpperCase() + words.slice(1);
};

const regions = new Intl.DisplayNames("en-GB", { type: "region", fallback: "code" });
export const countryName = (country: string): string => {
  try {
    return regions.of(country.toUpperCase()) ?? country;
  } catch {
    return country;
  }
};

const bandNames: Record<string, string> = {
  CRITICAL: "Critical",
  HIGH: "High",
  MEDIUM: "Medium",
  LOW: "Low",
  none: "Not scored",
};
export const bandName = (band: string): string => bandNames[band] ?? band;

const decidedNames: Record<string, string> = { waiting: "Waiting", decided: "Decided", all: "All" };
const assigneeNames: Record<string, string> = { mine: "Mine", nobody: "Nobody's" };
const contactName = (state: string): string =>
  contacts[state as QueueRow["contact"]["state"]] ?? sentence(state);

/** The filters: what each is called, and its values. */
export const facetNames: Record<QueueFacet, { name: string; value: (value: string) => string }> = {
  band: { name: "Band", value: bandName },
  decided: { name: "Decided", value: (value) => decidedNames[value] ?? value },
  assignee: { name: "Who takes care", value: (value) => assigneeNames[value] ?? value },
  product: { name: "Owes for", value: productName },
  reason: { name: "Why", value: sentence },
  contact: { name: "Contact", value: contactName },
  country: { name: "Country", value: countryName },
  simulated: { name: "Simulated", value: sentence },
};
