import { reasons } from "../contacted.ts";

export const channelWords: Record<string, string> = {
  phone: "Call",
  sms: "SMS",
  email: "E-mail",
  push: "App message",
  letter: "Letter",
};

export type StepRow = {
  intervention_id: string;
  status: string;
  suppressed_by: string | null;
  not_before: string | null;
  channel: string | null;
  message: string | null;
  arm: string | null;
  risk_level: string | null;
  policy_version: string | null;
  prediction_id: string | null;
};

const became: Record<string, string> = {
  triggered: "is on its way",
  sent: "was accepted",
  rejected: "was refused by the provider",
  expired: "was not sent in time",
  withdrawn: "was taken back unsent",
  unknown: "may or may not have arrived",
  no_answer: "was not answered",
  answered: "was answered",
  closed: "needs nothing more",
};
const ofCalls: Record<string, string> = {
  triggered: "was asked for",
  sent: "stands on the call list",
  expired: "was not made in time",
};
const good = new Set(["sent", "answered"]);
const bad = new Set(["rejected", "expired", "unknown", "no_answer"]);

const circumstancesOf = ({ arm, risk_level, policy_version }: StepRow): string =>
  [
    risk_level && `${risk_level.charAt(0)}${risk_level.slice(1).toLowerCase()} risk`,
    arm && `arm ${arm}`,
    policy_version && `policy ${policy_version.split(":").slice(1).join(" ")}`,
  ]
    .filter(Boolean)
    .join(" · ");

const idsOf = ({ intervention_id, prediction_id }: StepRow) => ({
  event: intervention_id,
  prediction: prediction_id,
});

/** A contact that was made or tried, and what became of it. */
export const contactWords = (row: StepRow) => {
  const { status, channel, message } = row;
  const said = (channel === "phone" && ofCalls[status]) || (became[status] ?? status);
  const what = channelWords[channel ?? ""] ?? "Contact";
  return {
    says: `${what}${message ? ` “${message}”` : ""} ${said}`,
    detail: circumstancesOf(row),
    tone: good.has(status) ? ("good" as const) : bad.has(status) ? ("bad" as const) : undefined,
    ...idsOf(row),
  };
};

const notMade: Record<string, string> = { phone: "Call not made", letter: "Letter not sent" };

/** A contact that was not made, or not yet, and why. */
export const holdWords = (row: StepRow) => {
  const { status, channel, suppressed_by } = row;
  const reason = suppressed_by === null ? undefined : (reasons[suppressed_by] ?? suppressed_by);
  const what = channelWords[channel ?? ""] ?? "Contact";
  const not = notMade[channel ?? ""] ?? (channel === null ? "Not contacted" : `${what} not sent`);
  const says =
    status === "held_out"
      ? `${not}: the episode is in the control group`
      : `${status === "deferred" ? `${what} put off` : not}: ${reason ?? "no reason was kept"}`;
  return {
    says,
    detail: circumstancesOf(row),
    until: status === "deferred" ? row.not_before : null,
    ...idsOf(row),
  };
};
