import { contactChannels } from "./customer.ts";
import type { ContactPolicy, Experiment, ScoringPolicy } from "./policy.ts";
import { BadRecord } from "./reading.ts";

/** What a schema cannot say of a policy: that it does not contradict itself. */
const refuse = (why: string): never => {
  throw new BadRecord("unknown_value", why);
};

const checkChannel = (channel: string, where: string): void => {
  if (!contactChannels.some((known) => known === channel))
    refuse(`${where} is no channel: use one of ${contactChannels.join(", ")}.`);
};

const checkSteps = ({ steps }: ContactPolicy): void => {
  const bands = steps.map((step) => step.risk_level);
  if (new Set(bands).size !== bands.length)
    refuse("steps has a band twice: keep one step for each.");
  for (const { risk_level, intervention_type, channel, message, fallback } of steps) {
    if (intervention_type === "none") continue;
    if (risk_level === "LOW") refuse("steps acts on LOW, on which nothing is ever done: use none.");
    if (!channel || !message)
      throw new BadRecord("missing_field", "A step other than none needs a channel and a message.");
    const tried = [channel, ...(fallback ?? [])];
    for (const each of tried) checkChannel(each, "A channel or fallback of steps");
    if (new Set(tried).size !== tried.length)
      refuse("fallback of a step names a channel twice, or the step's own: name each once.");
  }
};

const checkCaps = (policy: ContactPolicy): void => {
  const { steps, person_channel, contacts_per_day, contacts_per_week, calls_per_week } = policy;
  const taken = steps.filter((step) => step.intervention_type !== "none");
  if (taken.length === 0) return;
  for (const cap of ["contacts_per_day", "contacts_per_week"] as const)
    if (policy[cap] < 1)
      refuse(`${cap} allows no contact, yet steps makes some: give at least 1, or make them none.`);
  if (contacts_per_week < contacts_per_day)
    refuse("contacts_per_week is less than contacts_per_day: give at least as many.");
  const used = taken.flatMap((step) => [step.channel, ...(step.fallback ?? [])]);
  if (calls_per_week < 1 && [person_channel, ...used].includes("phone"))
    refuse(
      "calls_per_week allows no call, yet steps or person_channel use phone: give at least 1.",
    );
};

const checkHours = ({ hours }: ContactPolicy): void => {
  const spans = Object.values(hours).filter((span) => typeof span === "string");
  if (spans.some((span) => span.slice(0, 5) >= span.slice(6)))
    refuse("hours ends before it begins: put the earlier time first.");
  if (spans.length === 0) refuse("hours allows no time at all: allow at least one day.");
};

export const checkContact = (policy: ContactPolicy): void => {
  checkSteps(policy);
  checkChannel(policy.person_channel, "person_channel");
  checkCaps(policy);
  checkHours(policy);
};

export const checkScoring = ({ bands, fold_bands }: ScoringPolicy): void => {
  for (const { CRITICAL, HIGH, MEDIUM } of [bands, ...(fold_bands ?? [])])
    if (CRITICAL < HIGH || HIGH < MEDIUM)
      refuse("bands is out of order: CRITICAL may not begin below HIGH, nor HIGH below MEDIUM.");
};

export const checkExperiment = ({ arms }: Experiment): void => {
  const names = arms.map(({ arm }) => arm);
  if (names.includes("champion") || names.includes("holdout"))
    refuse("arms names champion or holdout, which are there by themselves: name challengers only.");
  if (new Set(names).size !== names.length) refuse("arms has an arm twice: name each once.");
  if (arms.some(({ share }) => !(share > 0)))
    refuse("share of an arm is not above 0: give it some, or leave the arm out.");
  if (arms.reduce((sum, { share }) => sum + share, 0) > 1)
    refuse("share of all arms together is more than 1: leave some to the champion.");
};
