import type { NotificationStatus } from "../../events/notification.ts";
import type { OutcomeEvent } from "../../events/outcome.ts";
import {
  type Became,
  type Contact,
  evolve,
  type Fact,
  isOnCallList,
  type Send,
} from "./contact.ts";
import { became, close, decideWaiting, decisionOn, type Ground, giveUp } from "./decide.ts";
import { isAtLeast, refusedAt, stepOf } from "./step.ts";

/** What a sender said about a notification. `time`: event time in ms. */
export type Word = {
  readonly notification: string;
  readonly status: NotificationStatus;
  readonly time: number;
};

/** Facts, or why there are none. */
export type Heard = { readonly facts: Fact[] } | { readonly ignored: string };

const statusOf = (word: NotificationStatus): Became["status"] =>
  word === "accepted" ? "sent" : word;

/** Nothing certain was heard yet, though the customer may have answered before the sender did. */
const isOpen = ({ status, heard }: Send) => heard === null || status === "unknown";
/**
 * What follows from a result. A contact that is known not to have happened gives its step and its
 * budget back; one that a provider refused goes to the next channel that the policy allows.
 */
export const hear = (contact: Contact, word: Word, ground: Ground): Heard => {
  const { time, notification } = word;
  const known = contact.sends.find((one) => one.id === notification);
  if (known === undefined) return { ignored: "notification_not_known" };
  const status = statusOf(word.status);
  const { heard } = known;
  const isAgain = heard === time && (status === known.status || known.again.includes(time));
  if (isAgain || (heard !== null && time < heard)) return { ignored: "result_seen_before" };
  const send = { ...known, heard: time };
  if (status === "rejected" || status === "expired" || status === "withdrawn") {
    if (!isOpen(known) && !isOnCallList(known)) return { ignored: "result_after_contact" };
    return { facts: freed(contact, became(send, status, time, ground), ground) };
  }
  if (status === "answered" || status === "no_answer")
    return called(send, heard, status, time, ground);
  if (!isOpen(known) || status === known.status) return { ignored: "result_after_contact" };
  if (known.status === "answered" || known.status === "closed")
    return { facts: [{ fact: "reached", id: known.id, time }] };
  const made: Send = { ...send, status: status === "sent" ? "sent" : "unknown", at: time };
  return { facts: [became(made, status, time, ground)] };
};

/** A call was made: the first one is the contact, each further one is one more. */
const called = (
  send: Send,
  known: number | null,
  status: "answered" | "no_answer",
  time: number,
  ground: Ground,
): Heard => {
  if (send.status === "triggered" || send.status === "unknown" || send.status === "sent")
    return { facts: [became({ ...send, status, at: time }, status, time, ground)] };
  if (known === null) return { facts: [{ fact: "reached", id: send.id, time }] };
  const again: Fact = { fact: "called_again", id: send.id, time };
  if (status === "no_answer" || send.status !== "no_answer") return { facts: [again] };
  const answered = became({ ...send, status }, status, time, ground);
  return { facts: [answered, again] };
};

const freed = (contact: Contact, gone: Became, ground: Ground): Fact[] => {
  const facts: Fact[] = [gone];
  const now = () => facts.reduce(evolve, contact);
  if (gone.status === "rejected") facts.push(...fallBack(now(), gone, ground));
  const { waiting } = now();
  for (const made of decideWaiting(now(), gone.time, ground)) {
    const isLater = made.status === "deferred" && (made.until ?? 0) >= (waiting?.until ?? 0);
    if (!isLater) facts.push(made);
  }
  return facts;
};

/** The same step on the next channel, while the episode and its risk last. */
const fallBack = (contact: Contact, { send, time }: Became, ground: Ground): Fact[] => {
  const { episode, newest } = contact;
  const { about } = send;
  if (episode === null || episode.id !== send.episode || episode.ends <= time) return [];
  if (newest === null || !isAtLeast(newest.level, "MEDIUM")) return [];
  const { policy } = ground.rulings(time).of(episode.arm.policy);
  const { channel } = stepOf(policy, about.level, contact);
  if (channel === null || refusedAt(about.level, episode).includes(channel)) return [];
  const made = decisionOn(about, contact, time, ground);
  if (made.status !== "triggered" && made.status !== "deferred") return [];
  return [...giveUp(contact, time, "escalated", ground), made];
};

/**
 * What follows from an outcome: an answer, or that the trouble is over. It speaks of what was there
 * when it was learned, not of what was decided since: so one that is sent again, however much
 * later, finds nothing that it has not ended already.
 */
export const learn = (contact: Contact, event: OutcomeEvent, time: number, ground: Ground) => {
  const facts: Fact[] = [];
  if (event.outcome === "customer_answered") {
    const { intervention_id: id } = event;
    const send = contact.sends.findLast((one) =>
      id ? one.about.intervention === id : one.decided < time,
    );
    if (send && send.status !== "answered" && send.status !== "closed")
      facts.push(became({ ...send, status: "answered" }, "answered", time, ground));
  }
  if (event.outcome === "payment_cured") {
    if (contact.waiting !== null && contact.waiting.since < time)
      facts.push(...giveUp(contact, time, "payment_cured", ground));
    const reached = contact.sends.filter(({ at }) => at <= time);
    facts.push(...close({ ...contact, sends: reached }, time, ground));
  }
  return facts;
};
