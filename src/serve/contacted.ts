/** Why a contact was not made, or not yet, in words. Codes are those of `suppressed_by`. */
export const reasons: Record<string, string> = {
  deceased: "the customer has died",
  bankrupt: "the customer is bankrupt",
  breathing_space: "the customer has been given breathing space",
  disputed: "the debt is disputed",
  represented: "somebody else speaks for the customer",
  cease_contact: "the customer asked not to be contacted",
  fraud_block: "the customer is blocked because of fraud",
  no_profile: "nothing is known of how the customer may be contacted",
  profiling_objection: "the customer objects to being profiled",
  no_consent: "there is no consent for this purpose and channel",
  time_zone_unknown: "no hour is lawful in every time zone that may be the customer's",
  step_already_taken: "this step was taken already in this episode",
  step_already_waiting: "this step waits already to be taken",
  older_than_newest: "a newer prediction had been seen",
  late_data: "the score came from late data, which never leads to contact by itself",
  escalated: "a more urgent step took its place",
  episode_ended: "the episode ended first",
  payment_cured: "what was overdue has been paid",
  risk_fell: "the risk fell before the time came",
  no_step: "the policy has no step for this band",
  daily_cap: "the customer was contacted often enough today",
  weekly_cap: "the customer was contacted often enough this week",
  call_cap: "the customer was called often enough in seven days",
  cool_off: "the last contact was too recent",
  on_its_way: "another message may still arrive",
  attempts_used_up: "the step was tried as often as the policy allows in an episode",
  local_hours: "it is outside the hours in which the customer may be contacted",
};

export type Decision = {
  status: string;
  suppressed_by?: string | null;
  not_before?: string | null;
};
export type Contacted = { contacted: boolean; status: string; why: string };

const reached = new Set(["triggered", "sent", "answered"]);
const sayings: Record<string, string> = {
  triggered: "The step was taken.",
  sent: "The message was accepted by its channel.",
  answered: "The customer answered.",
  expired: "It could not be sent while it still made sense.",
  withdrawn: "It was taken back before it was sent.",
  no_answer: "Nobody answered the call.",
  deferred: "Put off: it will be decided again later.",
  suppressed: "Not contacted: no reason was recorded.",
  held_out: "The episode is in the control group, which shows whether contact helps.",
  rejected: "The channel did not take the message.",
  unknown: "It is not known whether the message arrived.",
  closed: "The matter was closed.",
};

/** Whether a customer was contacted after a prediction, and why or why not. */
export const contactedOf = (level: string, decision: Decision | undefined): Contacted => {
  if (decision === undefined)
    return level === "LOW"
      ? { contacted: false, status: "none", why: "The risk is low: nothing is to be done." }
      : { contacted: false, status: "undecided", why: "Nothing has been decided about it so far." };
  const { status, suppressed_by, not_before } = decision;
  const contacted = reached.has(status);
  if (suppressed_by == null) return { contacted, status, why: sayings[status] ?? `${status}.` };
  const reason = reasons[suppressed_by] ?? suppressed_by;
  const until = not_before ? ` It will be decided again at ${not_before}.` : "";
  const said = status === "deferred" ? "Put off" : "Not contacted";
  return { contacted, status, why: `${said}: ${reason}.${until}` };
};
