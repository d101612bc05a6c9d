import { accessLog } from "../../events/access.ts";
import { from, table } from "./table.ts";

/** Who came in, was refused, or had personal data shown; each entry once. */
export const accessLogTable = table({
  name: "access_log",
  columns: {
    access_id: "text",
    actor: "text",
    role: "text",
    what: "text",
    customer_id: "text",
    fields: "jsonb",
    reason: "text",
    detail: "text",
    timestamp: "timestamptz",
  },
  key: ["access_id"],
  keeps: "first",
  from: [
    from(accessLog, (entry) => ({
      access_id: entry.access_id,
      actor: entry.actor,
      role: entry.role,
      what: entry.what,
      customer_id: entry.customer_id,
      fields: entry.fields,
      reason: entry.reason,
      detail: entry.detail,
      timestamp: entry.timestamp,
    })),
  ],
});
