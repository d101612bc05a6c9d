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
