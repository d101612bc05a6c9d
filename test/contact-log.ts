import { customerUpdates } from "../src/events/customer.ts";
import { interventionsStream } from "../src/events/intervention.ts";
import { notificationResults, notifications } from "../src/events/notification.ts";
import { type PolicyDocument, policies } from "../src/events/policy.ts";
import { readHeader } from "../src/stream/header.ts";
import { valuesOf } from "./checks.ts";
import type { ContactLog, Update } from "./contact-checker.ts";
import { isHoliday } from "./public-holidays.ts";
import { readTopic, type Stage } from "./space.ts";

/** What the checker of contacts judges, read from the topics of a space. */
export const readContactLog = async (stage: Stage, graceMs: number): Promise<ContactLog> => {
  const documents = (await valuesOf(stage, policies)) as PolicyDocument[];
  const updates = (await readTopic(stage, customerUpdates)).map(
    ({ key, value, headers, timestamp }): Update => ({
      customer: String(key),
      at: readHeader(headers)?.eventTime ?? timestamp,
      profile: value === null ? null : customerUpdates.read(value),
    }),
  );
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
