import Type, { type Static } from "typebox";
import { contract, maybe, oneOf, text, time } from "./contract.ts";

/** What people do that a record is kept of. */
export const accessActs = [
  "signed_in",
  "sign_in_failed",
  "signed_out",
  "session_revoked",
  "refused",
  "unmasked",
  "acted",
] as const;
export type AccessAct = (typeof accessActs)[number];

const accessSchema = Type.Object({
  access_id: text(),
  actor: text({ description: "Who did it, by the name of their account or key" }),
  role: text(),
  what: oneOf(accessActs),
  customer_id: maybe(text({ description: "Whose personal data was shown" })),
  fields: maybe(Type.Array(text(), { maxItems: 100, description: "Which fields were shown" })),
  reason: maybe(text({ maxLength: 500, description: "Why, in the person's own words" })),
  detail: maybe(
    text({ maxLength: 500, description: "How they came in, what was refused, or what they did" }),
  ),
  timestamp: time(),
  event_type: maybe(text()),
});
export type AccessEvent = Static<typeof accessSchema>;

/** Who came in, who was refused, and who looked at personal data, and why. */
export const accessLog = contract({
  name: "access-log",
  says: "Somebody signed in or out, was refused, or had personal data shown, with the reason.",
  key: "actor",
  type: "access",
  json: accessSchema,
  timeOf: (value) => value.timestamp,
  keyOf: (value) => value.actor,
  audit: "body",
  owner: "serve",
  writtenBy: ["API"],
  readBy: ["sinks"],
  example: {
    access_id: "018d0d6e-0b00-8000-8000-000000000009",
    actor: "maria",
    role: "analyst",
    what: "unmasked",
    customer_id: "CUST-001",
    fields: ["name", "phone"],
    reason: "The customer asked to be called back",
    detail: null,
    timestamp: "2024-01-15T10:30:00Z",
    event_type: "access",
  },
});
