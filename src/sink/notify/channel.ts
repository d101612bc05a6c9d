import type { CustomerUpdate } from "../../events/customer.ts";
import type { Notification } from "../../events/notification.ts";

/** A message that is ready to go. */
export type Outgoing = {
  /** The notification's id: the idempotency key of every attempt. */
  readonly id: string;
  /** Where it goes; null where the channel needs no address. */
  readonly to: string | null;
  readonly subject: string | null;
  readonly text: string;
  readonly language: string;
  readonly audience: Notification["audience"];
  readonly priority: number;
  readonly customerId: string | null;
  readonly interventionId: string | null;
};

/**
 * What a provider said, or what its silence means.
 * - `accepted`: it has taken the message.
 * - `rejected`: it will never take it.
 * - `later`: it has certainly not taken it; another attempt may be made.
 * - `unknown`: it may have taken it, or not.
 */
export type Answer = {
  readonly said: "accepted" | "rejected" | "later" | "unknown";
  /** A word for programs; never what the provider wrote, which may quote the message. */
  readonly reason?: string;
  /** The provider's own id of the message. */
  readonly reference?: string;
  /** How long it wants to be left alone. */
  readonly retryAfterMs?: number;
  /** Nothing will be taken on this channel until somebody mends its settings. */
  readonly broken?: true;
};

/** Whom a message is for, as far as an address needs it. */
export type Recipient = {
  readonly recipient: string | null;
  readonly profile: CustomerUpdate | null;
};

/** A way for messages to leave the house. A new one is a file like `sms.ts`, and a row. */
export type Channel = {
  readonly name: string;
  /** Who carries the message, such as `sms gateway.example:443`. */
  readonly provider: string;
  /** The provider sends once, however often it is asked with one key. */
  readonly idempotent: boolean;
  /** Nothing leaves the house. */
  readonly simulated: boolean;
  /** undefined: there is none, so the message cannot go. */
  readonly addressOf: (to: Recipient) => string | null | undefined;
  /**
   * Carries the message. Never throws for what a network or provider may do. Without it the message
   * goes into the call list, in the ledger's own transaction.
   */
  readonly send?: (message: Outgoing, signal: AbortSignal) => Promise<Answer>;
};

const addressForms = {
  email: /^[^\s@<>,;:"]+@[^\s@<>,;:"]+$/,
  phone: /^\+?[0-9 ()./-]{2,25}$/,
} as const;

/** The recipient that was named, else what the profile holds; undefined for what is no address. */
export const addressIn = (
  { recipient, profile }: Recipient,
  field: "email" | "phone",
): string | undefined => {
  const found = recipient ?? profile?.[field] ?? "";
  return addressForms[field].test(found) ? found : undefined;
};
