import Type, { type Static } from "typebox";
import { contract, maybe, oneOf, text, time } from "./contract.ts";

const notificationSchema = Type.Object({
  notification_id: text(),
  audience: oneOf(["customer", "staff"]),
  customer_id: maybe(text()),
  recipient: maybe(text({ personal: true })),
  intervention_id: maybe(text({ maxLength: 300 })),
  channel: text(),
  priority: Type.Number({ minimum: 1, maximum: 3 }),
  purpose: maybe(text()),
  message: text({ maxLength: 2_000 }),
  reasons: maybe(Type.Array(text({ maxLength: 300 }))),
  policy_version: maybe(text({ description: "The contact policy that it was decided under" })),
  not_before: maybe(time()),
  expires_at: time({ description: "Withdrawn unsent after this time" }),
  timestamp: time(),
  event_time: time(),
  event_type: maybe(text()),
});
export type Notification = Static<typeof notificationSchema>;

/** Intents to tell somebody something; a sender carries them out. */
export const notifications = contract({
  name: "notifications",
  says: "An intent to tell somebody something, before it expires.",
  key: "customer_id or recipient",
  type: "notification",
  json: notificationSchema,
  timeOf: (value) => value.event_time,
  audit: "body",
  owner: "contact",
  writtenBy: ["contact", "alerts", "governance"],
  readBy: ["notify", "sinks"],
  example: {
    notification_id: "018d0d6e-0b00-8000-8000-000000000004",
    audience: "customer",
    customer_id: "CUST-001",
    intervention_id: "INT_CUST-001_20240115103010_9f3c01ab77de",
    channel: "sms",
    priority: 2,
    purpose: "service",
    message: "offer payment options",
    not_before: null,
    expires_at: "2024-01-16T10:30:10.000Z",
    timestamp: "2024-01-15T10:30:10.000Z",
    event_time: "2024-01-15T10:30:10.000Z",
    event_type: "notification",
  },
});

export const notificationStatuses = [
  "accepted",
  "rejected",
  "expired",
  "withdrawn",
  "unknown",
  "answered",
  "no_answer",
] as const;
export type NotificationStatus = (typeof notificationStatuses)[number];

const resultSchema = Type.Object({
  result_id: text(),
  notification_id: text(),
  attempt: Type.Number({ minimum: 1 }),
  customer_id: maybe(text()),
  intervention_id: maybe(text({ maxLength: 300 })),
  channel: text(),
  status: oneOf(notificationStatuses, {
    description: "unknown: nobody can say whether it was sent; answered, no_answer: of a call",
  }),
  reason: maybe(text({ description: "Why it was not accepted, as a word for programs" })),
  simulated: Type.Boolean({ description: "Nothing left the house" }),
  by: maybe(text({ description: "The person who made the call, or had it sent again" })),
  timestamp: time(),
  event_time: time(),
  event_type: maybe(text()),
});
export type NotificationResult = Static<typeof resultSchema>;

/** What became of each intent to tell somebody something. A later result outdates an earlier. */
export const notificationResults = contract({
  name: "notification-results",
  says: "What became of a notification: accepted, rejected, expired, withdrawn, or unknown.",
  key: "as the notification's",
  type: "notification_result",
  json: resultSchema,
  timeOf: (value) => value.event_time,
  audit: "body",
  owner: "notify",
  writtenBy: ["notify"],
  readBy: ["contact", "sinks"],
  example: {
    result_id: "018d0d6e-0b00-8000-8000-000000000005",
    notification_id: "018d0d6e-0b00-8000-8000-000000000004",
    attempt: 1,
    customer_id: "CUST-001",
    intervention_id: "INT_CUST-001_20240115103010_9f3c01ab77de",
    channel: "sms",
    status: "accepted",
    reason: null,
    simulated: true,
    by: null,
    timestamp: "2024-01-15T10:30:11.000Z",
    event_time: "2024-01-15T10:30:11.000Z",
    event_type: "notification_result",
  },
});
