import { hash } from "node:crypto";

/** What stands for an erased customer in a list of the forgotten: the list names nobody. */
export const forgottenDigest = (space: string, customer: string): string =>
  hash("sha256", `${space}\n${customer}`);
