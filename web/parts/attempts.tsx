import { channelWord } from "./contact-words.ts";
import { Time } from "./time.tsx";

type Attempt = {
  attempt: number;
  channel?: string;
  state: string;
  reason: string | null;
  provider: string | null;
  idempotent: boolean;
  simulated: boolean;
  reserved_at: string;
  settled_at: string | null;
  released_by: string | null;
};

const states: Record<string, string> = {
  reserved: "is on its way",
  accepted: "was accepted",
  rejected: "was refused",
  expired: "expired unsent",
  withdrawn: "was taken back",
  unknown: "may have been sent, or not",
};
const reasons: Record<string, string> = {
  timed_out: "no answer in time",
  sender_died: "the sender stopped before it knew",
  connection_lost: "the connection broke",
};

const inWords = (reason: string): string => reasons[reason] ?? reason.replaceAll("_", " ");

/** The lines of the ledger: what was tried, when, through whom, and what became of it. */
export const Attempts = ({ attempts }: { attempts: readonly Attempt[] }) => (
  <ol className="attempts">
    {attempts.map((one) => (
      <li key={`${one.reserved_at} ${one.attempt}`}>
        <span>
          Attempt {one.attempt}
          {one.channel && `, ${channelWord(one.channel)}`} {states[one.state] ?? one.state}
          {one.reason && `: ${inWords(one.reason)}`}
          {one.simulated && " "}
          {one.simulated && <span className="tag">nothing left the house</span>}
        </span>
        <span className="soft small">
          {one.provider ? `by ${one.provider} ` : ""}
          <Time at={one.settled_at ?? one.reserved_at} as="clock" />
          {one.idempotent && "; the provider sends one key once"}
          {one.released_by && `; a further attempt was allowed by ${one.released_by}`}
        </span>
      </li>
    ))}
  </ol>
);
