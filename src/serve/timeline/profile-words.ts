import type { Consent } from "../../events/customer.ts";
import { channelWords } from "./contact-words.ts";

type Facts = Record<string, unknown>;
export type ProfileRow = {
  customer_id: string;
  version: number;
  facts: Facts;
  before: Facts | null;
  personal: Facts;
  traces: Facts | null;
};

const personal: Record<string, string> = {
  name: "name",
  email: "e-mail address",
  phone: "phone number",
};
const fields: Record<string, string> = {
  time_zone: "time zone",
  country: "country",
  language: "language",
  base_currency: "currency",
  observed_until: "end of what is known",
};

const same = (a: unknown, b: unknown): boolean =>
  JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
const plain = (code: string): string => code.replaceAll("_", " ");
const listed = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

const statusChanges = (now: Facts, was: Facts): string[] => {
  const [after, before] = [listed(now.statuses), listed(was.statuses)];
  return [
    ...after.filter((one) => !before.includes(one)).map((one) => `now ${plain(one)}`),
    ...before.filter((one) => !after.includes(one)).map((one) => `no longer ${plain(one)}`),
  ];
};

const wordOf = ({ purpose, channel, given }: Consent): string => {
  const how = channel === "any" ? "every channel" : (channelWords[channel] ?? channel);
  return `${given ? "consent" : "no consent"} to ${how.toLowerCase()} for ${plain(purpose)}`;
};
const consentChanges = (now: Facts, was: Facts): string[] => {
  const before = (was.consent ?? []) as Consent[];
  return ((now.consent ?? []) as Consent[])
    .filter((one) => !before.some((other) => same(one, other)))
    .map(wordOf);
};

const fieldChange = (name: string, now: Facts, was: Facts): string =>
  `${fields[name] ?? plain(name)} ${was[name] ?? "unknown"} → ${now[name] ?? "unknown"}`;

const told = new Set(["statuses", "consent", "accounts", "profiling_objection"]);

const changesOf = ({ facts, before, personal: now, traces }: ProfileRow): string[] => {
  const was = before ?? {};
  const names = new Set([...Object.keys(facts), ...Object.keys(was)]);
  const own = new Set([...Object.keys(now), ...Object.keys(traces ?? {})]);
  const objects = Boolean(facts.profiling_objection);
  return [
    ...statusChanges(facts, was),
    ...consentChanges(facts, was),
    ...(objects === Boolean(was.profiling_objection)
      ? []
      : [objects ? "objects to being profiled" : "no longer objects to being profiled"]),
    ...[...names]
      .filter((name) => !told.has(name) && !same(facts[name], was[name]))
      .map((name) => fieldChange(name, facts, was)),
    ...(same(facts.accounts, was.accounts) ? [] : ["accounts"]),
    ...[...own]
      .filter((name) => now[name] !== traces?.[name])
      .map((name) => personal[name] ?? plain(name)),
  ];
};

/** What changed in a profile: personal fields by their name alone. */
export const profileWords = (row: ProfileRow) => {
  const detail = `version ${row.version}`;
  const event = `${row.customer_id}@${row.version}`;
  if (row.before === null) return { says: "Profile: the first that is known", detail, event };
  const changes = changesOf(row);
  return { says: `Profile changed: ${changes.join(", ") || "its form alone"}`, detail, event };
};
