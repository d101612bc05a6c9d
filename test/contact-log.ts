import { customerUpdates } from "../src/events/customer.ts";
import { interventionsStream } from "../src/events/intervention.ts";
import { notificationResults, notifications } from "../src/events/notification.ts";
import { type PolicyDocument, policies } from "../src/events/policy.ts";
import { readHeader } from "../src/stream/header.ts";
import type { RawMessage } from "../src/stream/kafka.ts";
import type { ContactLog, Update } from "./contact-checker.ts";
import { isHoliday } from "./public-holidays.ts";
import { readTopic, type Space, valuesOf } from "./read-topic.ts";

/** A profile that cannot be read changes nothing: it becomes a dead letter. */
const updateOf = ({ key, value, headers, timestamp }: RawMessage): Update[] => {
  const at = readHeader(headers)?.eventTime ?? timestamp;
  try {
    const profile = value === null ? null : customerUpdates.read(value);
    return [{ customer: String(key), at, profile }];
  } catch {
    return [];
  }
};

/** What the checker of contacts judges, read from the topics of a space. */
export const readContactLog = async (stage: Space, graceMs: number): Promise<ContactLog> => {
  const documents = (await valuesOf(stage, policies)) as PolicyDocument[];
  const updates = (await readTopic(stage, customerUpdates)).flatMap(updateOf);
  return {
    interventions: await valuesOf(stage, interventionsStream),
    notifications: await valuesOf(stage, notifications),
    results: await valuesOf(stage, notificationResults),
    updates,
    policies: documents.filter((one) => one.kind === "contact"),
    isHoliday,
    graceMs,
  };
};
