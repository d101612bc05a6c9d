const upperFirst = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
/** A code that nobody has put into words, as a reader can bear it. */
const spaced = (code: string): string => upperFirst(code.replaceAll("_", " "));

const statuses: Record<string, string> = {
  triggered: "Under way",
  deferred: "Put off",
  suppressed: "Stopped",
  held_out: "Held out",
  sent: "Sent",
  rejected: "Refused by the channel",
  expired: "Expired unsent",
  withdrawn: "Taken back",
  unknown: "Perhaps sent",
  no_answer: "No answer",
  answered: "Answered",
  closed: "Closed",
};
const channels: Record<string, string> = {
  phone: "Call",
  sms: "SMS",
  email: "E-mail",
  push: "App message",
  letter: "Letter",
};
const arms: Record<string, string> = { champion: "Champion", holdout: "Control group" };
const bands: Record<string, string> = {
  CRITICAL: "Critical",
  HIGH: "High",
  MEDIUM: "Medium",
  LOW: "Low",
};
const reasons: Record<string, string> = {
  deceased: "Has died",
  bankrupt: "Bankrupt",
  breathing_space: "Breathing space",
  disputed: "Debt disputed",
  represented: "Somebody else speaks for them",
  cease_contact: "Asked not to be contacted",
  fraud_block: "Blocked because of fraud",
  no_profile: "Nothing known of how to contact",
  profiling_objection: "Objects to profiling",
  no_consent: "No consent",
  time_zone_unknown: "Time zone not known",
  step_already_taken: "Step taken already",
  step_already_waiting: "Step waits already",
  older_than_newest: "Newer prediction seen",
  late_data: "Score from late data",
  escalated: "A more urgent step took its place",
  episode_ended: "Episode ended first",
  payment_cured: "Paid meanwhile",
  risk_fell: "Risk fell",
  no_step: "No step for this band",
  daily_cap: "Enough contacts that day",
  weekly_cap: "Enough contacts that week",
  call_cap: "Enough calls that week",
  cool_off: "Last contact too recent",
  on_its_way: "Another message on its way",
  attempts_used_up: "Tried often enough",
  local_hours: "Outside contact hours",
};

export const statusWord = (status: string): string => statuses[status] ?? spaced(status);
export const channelWord = (channel: string | null): string =>
  channel === null ? "No message" : (channels[channel] ?? spaced(channel));
export const armWord = (arm: string | null): string =>
  arm === null ? "No episode" : (arms[arm] ?? spaced(arm));
export const bandWord = (band: string): string => bands[band] ?? spaced(band);
export const reasonWord = (reason: string): string => reasons[reason] ?? spaced(reason);
/** What a step of the contact policy is called, such as “Proactive support”. */
export const stepWord = (type: string): string => spaced(type);
/** `contact:default:1` as “Contact, default, version 1”. */
export const policyWord = (key: string): string => {
  const [kind, name, version] = key.split(":");
  return `${spaced(kind)} policy ${name}, version ${version}`;
};
