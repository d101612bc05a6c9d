import type { CheckAnswer } from "../../../src/serve/messages/dead-letters.ts";

const reasons: Record<string, string> = {
  malformed_json: "Is not JSON",
  forbidden_key: "Has a forbidden key",
  wrong_type: "A field of the wrong type",
  missing_field: "A field is missing",
  unknown_value: "A value that is not known",
  unknown_currency: "An unknown currency",
  not_a_number: "Not a finite number",
  amount_out_of_range: "Amount out of range",
  amount_precision: "Amount with too many decimals",
  time_unreadable: "A time that cannot be read",
  time_out_of_range: "A time out of range",
  key_missing: "Has no key",
  key_mismatch: "Key and value differ",
  tombstone: "An empty value",
  record_too_large: "The record is too large",
  state_too_large: "The memory of its key is too large",
  output_too_large: "What follows is too large",
  header_unreadable: "A header that cannot be read",
  processor_failed: "The processor failed at it",
  timer_failed: "A timer failed",
  mapping_failed: "No row could be made of it",
};

/** Why a record could not be used, in a few words. */
export const reasonWords = (reason: string): string => {
  if (reason.startsWith("value_refused_"))
    return `Postgres refused a value (${reason.slice("value_refused_".length)})`;
  return reasons[reason] ?? reason.replaceAll("_", " ");
};

export const stateNames = {
  open: "Waiting",
  sending: "Sent or not: unknown",
  redriven: "Redriven",
  set_aside: "Set aside",
} as const;

export const fieldWords: Record<CheckAnswer["fields"][number]["state"], string> = {
  kept: "as agreed",
  missing: "missing",
  wrong: "wrong",
  absent: "left out",
  undeclared: "not in the contract",
  unread: "not read",
};

/** Indented, where that changes nothing but blanks. */
export const laidOut = (text: string): string => {
  try {
    const value: unknown = JSON.parse(text);
    return JSON.stringify(value) === text ? JSON.stringify(value, null, 2) : text;
  } catch {
    return text;
  }
};
