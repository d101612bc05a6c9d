import { deadLetters, lateEvents } from "../../events/topics.ts";
import { committedOf } from "../../stream/lag.ts";
import { contactedOf } from "../contacted.ts";
import { type Found, placeOf, type Records } from "./records.ts";

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const plain = (value: unknown): string => text(value).replaceAll("_", " ").toLowerCase();

const deadReason = ({ kept }: Found): { reason: string; detail: string } => {
  const bytes = kept.headers?.find((one) => "dead" in one)?.dead;
  try {
    const why = JSON.parse(bytes?.toString("utf8") ?? "{}") as Record<string, unknown>;
    return { reason: plain(why.reason), detail: text(why.detail) };
  } catch {
    return { reason: "unknown", detail: "" };
  }
};

const sayings: Record<string, (found: Found) => string> = {
  "transactions-stream": ({ fields }) => (fields.is_failed ? "Failed transaction" : "Transaction"),
  transactions: () => "Transaction, as it was sent",
  "customer-updates": ({ kept }) => (kept.value === null ? "Erasure" : "Profile"),
  "customer-features": () => "Features",
  "predictions-stream": ({ fields }) => `Score: ${plain(fields.risk_level)}`,
  "interventions-stream": ({ fields }) => `Decision: ${plain(fields.status)}`,
  notifications: ({ fields }) => `Notification by ${plain(fields.channel)}`,
  "notification-results": ({ fields }) => `Result: ${plain(fields.status)}`,
  "case-decisions": ({ fields }) => `Staff decision: ${plain(fields.kind)}`,
  "customer-alerts": () => "Alert to staff",
  outcomes: ({ fields }) => `Outcome: ${plain(fields.outcome)}`,
  [deadLetters.name]: (found) => `Dead letter: ${deadReason(found).reason}`,
  [lateEvents.name]: () => "Too late to count",
};

/** What a record is, in a few words. */
export const saysOf = (found: Found): string =>
  sayings[found.topic]?.(found) ?? plain(found.header?.type ?? found.topic);

/** Who has not read so far as this record, among the processors that are to. */
const whoWaits = async (records: Records, found: Found): Promise<string[]> => {
  const { desk } = records;
  const readers = desk.topics.get(found.topic)?.readers ?? [];
  const part = { topic: desk.fullName(found.topic), partition: found.partition };
  const behind: string[] = [];
  for (const { kind, name, group } of readers) {
    if (kind !== "processor" || group === null) continue;
    const [committed] = await committedOf(desk.options.bootstrap, desk.fullName(group), [
      part,
    ]).catch(() => []);
    if ((committed?.offset ?? 0) <= found.offset) behind.push(name);
  }
  return behind;
};

/**
 * Why nothing more follows from a record, in a sentence; null: something does, or nothing is meant
 * to. `isLeaf`: nothing was found that follows from it.
 */
export const endOf = async (
  records: Records,
  found: Found,
  isLeaf: boolean,
): Promise<string | null> => {
  const { topic, fields } = found;
  if (topic === deadLetters.name) {
    const { reason, detail } = deadReason(found);
    return `It could not be used (${reason})${detail === "" ? "." : `: ${detail}`}`;
  }
  if (topic === lateEvents.name) return `It came too late to count: ${plain(fields.reason)}.`;
  if (topic === "interventions-stream") return decisionEnd(found, isLeaf);
  if (!isLeaf || found.from === "archive") return null;
  if (topic === "notifications") {
    return Date.parse(text(fields.expires_at)) < Date.now()
      ? "No result was found, though it has expired."
      : "Its result is still open: the sender has not said what became of it.";
  }
  const isInput = topic === "transactions-stream" || topic === "predictions-stream";
  if (!isInput) return null;
  const waiting = await whoWaits(records, found);
  if (waiting.length > 0) return `It waits to be read by ${waiting.join(" and ")}.`;
  if (topic === "predictions-stream")
    return fields.risk_level === "LOW"
      ? "The risk is low: nothing is to be done."
      : "It was read, and no decision followed: it had been seen before.";
  return "It was read and taken into account; it gave no cause for a new score.";
};

const decisionEnd = ({ fields }: Found, isLeaf: boolean): string | null => {
  const status = text(fields.status);
  const level = text(fields.risk_level);
  const decision = {
    status,
    suppressed_by: text(fields.suppressed_by) || null,
    not_before: text(fields.not_before) || null,
  };
  const isStopped = status === "suppressed" || status === "held_out";
  if (isStopped || (status === "deferred" && isLeaf)) return contactedOf(level, decision).why;
  return null;
};

/** What somebody asked for, in words. */
export const kindOf = (found: Found): string => `${saysOf(found)}, at ${placeOf(found)}`;
