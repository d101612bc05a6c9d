/** Why a record could not be used, in words. Codes are those of the engine's closed list. */
const words: Readonly<Record<string, string>> = {
  malformed_json: "Not JSON",
  forbidden_key: "A name that is not allowed",
  wrong_type: "A field of the wrong type",
  missing_field: "A field is missing",
  unknown_value: "A value that is not known",
  unknown_currency: "A currency that is not known",
  not_a_number: "Not a number",
  amount_out_of_range: "An amount out of range",
  amount_precision: "An amount with too many decimals",
  time_unreadable: "A time that cannot be read",
  time_out_of_range: "A time too far ahead or back",
  key_missing: "Without a key",
  key_mismatch: "Under another's key",
  tombstone: "Empty where that means nothing",
  record_too_large: "Too large",
  state_too_large: "What is kept grew too large",
  output_too_large: "What came of it is too large",
  header_unreadable: "A header that cannot be read",
  processor_failed: "The processor failed",
  timer_failed: "A deadline failed",
};

export const deadWord = (reason: string): string => {
  const known = words[reason];
  if (known !== undefined) return known;
  const plain = reason.replaceAll("_", " ");
  return `${plain.charAt(0).toUpperCase()}${plain.slice(1)}`;
};
