import {
  type ContactPolicy,
  type Experiment,
  type PolicyDocument,
  policyKey,
} from "../../events/policy.ts";
import { timeMs } from "../../events/time.ts";
import { policyHash, type Version, versionAt, versionsOf } from "../policy.ts";
import { type Challenger, championPolicy } from "./arms.ts";

/** A version of a contact policy, with the hash of what it says. */
export type Ruling = { readonly policy: ContactPolicy; readonly hash: string };

/** What is in force at one moment. */
export type Rulings = {
  /** The version in force of a contact policy; of one that is unknown, the champion's. */
  readonly of: (policy: string) => Ruling;
  /** The arms of the experiment besides champion and holdout. */
  readonly challengers: readonly Challenger[];
  /** The key of the experiment's version; null: there is none. */
  readonly experiment: string | null;
};

/** Every version of the contact policies and of the experiment on them. */
export type RuleBook = {
  readonly policies: ReadonlyMap<string, readonly Version<ContactPolicy>[]>;
  readonly experiments: readonly Version<Experiment>[];
  readonly hashes: ReadonlyMap<ContactPolicy, string>;
};

const experimentName = "contact";

/** The rule book among the entries of topic `policies`. */
export const ruleBookOf = (entries: ReadonlyMap<string, unknown>): RuleBook => {
  const documents = [...entries.values()] as PolicyDocument[];
  const contact = documents.filter((one) => one.kind === "contact");
  const names = [...new Set(contact.map(({ name }) => name))];
  return {
    policies: new Map(names.map((name) => [name, versionsOf(entries, "contact", name)])),
    experiments: versionsOf(entries, "experiment", experimentName),
    hashes: new Map(contact.map((policy) => [policy, policyHash(policy)])),
  };
};

export const hasChampion = (book: RuleBook): boolean => book.policies.has(championPolicy);

/**
 * An experiment begins at its date; unlike a policy, the first one does not hold from the
 * beginning.
 */
const experimentAt = (book: RuleBook, time: number): Experiment | undefined => {
  const [first] = book.experiments;
  if (first === undefined) return undefined;
  const found = versionAt(book.experiments, time);
  const { effective_from: from } = found;
  return from && timeMs(from) > time ? undefined : found;
};

/** What is in force at an event time in ms. There must be a version of the champion. */
export const rulingsAt = (book: RuleBook, time: number): Rulings => {
  const of = (name: string): Ruling => {
    const versions = book.policies.get(name) ?? book.policies.get(championPolicy) ?? [];
    const policy = versionAt(versions, time);
    return { policy, hash: book.hashes.get(policy) ?? "" };
  };
  const running = experimentAt(book, time);
  const arms = running?.arms ?? [];
  const known = arms.filter(({ policy }) => book.policies.has(policy));
  const challengers = known.map(({ arm, policy, share }) => ({ name: arm, policy, share }));
  return { of, challengers, experiment: running ? policyKey(running) : null };
};
