import { useState } from "react";
import { Link } from "wouter";
import type {
  ListedReview,
  ReviewAnswer,
  ReviewOutcome,
  ReviewsAnswer,
} from "../../src/serve/messages/reviews.ts";
import { ask } from "../api/ask.ts";
import { type Answer, useAnswer } from "../api/use-answer.ts";
import { useMay } from "../session/use-session.ts";
import { Confirm } from "./dialog.tsx";
import { Time } from "./time.tsx";
import { tell } from "./toast.tsx";

const freshMs = 3_000;

/** Decisions that people doubt: those that wait for an answer, and the newest that have one. */
export const useReviews = (): Answer<ReviewsAnswer> =>
  useAnswer<ReviewsAnswer>("/reviews", { everyMs: freshMs });

const outcomes: Record<ReviewOutcome, string> = {
  stands: "The decision stands",
  wrong: "The decision was wrong",
  withdrawn: "Withdrawn",
};
const answers = ["stands", "wrong"] as const;

/** Where the decision is shown with all that it rests on. */
const hrefOf = ({ decision_id, customer_id }: ListedReview): string =>
  decision_id.startsWith("INT_")
    ? `/interventions?decision=${encodeURIComponent(decision_id)}`
    : `/customers/${encodeURIComponent(customer_id)}?a=${encodeURIComponent(decision_id)}`;

type OneProps = { review: ListedReview; onClosed: () => void };

const Answering = ({ review, onClosed, onClose }: OneProps & { onClose: () => void }) => {
  const { asked_by, reason, yours, review_id } = review;
  const [found, setFound] = useState<(typeof answers)[number]>("stands");
  const [why, setWhy] = useState("");
  const outcome = yours ? "withdrawn" : found;
  const run = async () => {
    const path = `/reviews/${encodeURIComponent(review_id)}/close`;
    await ask<ReviewAnswer>(path, { method: "POST", body: { outcome, reason: why.trim() } });
    tell(`${outcomes[outcome]}. It stands in the timeline, under your name.`);
    onClosed();
  };
  return (
    <Confirm
      title={yours ? "Withdraw the review" : "Answer the review"}
      says={
        yours
          ? "Nobody needs to look at it any more."
          : `${asked_by} says: “${reason}” Your answer changes no score: decide about the ` +
            "customer, or have the data mended, as well."
      }
      act={yours ? "Withdraw" : "Answer"}
      open
      onClose={onClose}
      ready={why.trim() !== ""}
      run={run}
    >
      {!yours && (
        <fieldset className="review-answers">
          <legend>What you found</legend>
          {answers.map((one) => (
            <label key={one}>
              <input
                type="radio"
                name="outcome"
                checked={found === one}
                onChange={() => setFound(one)}
              />
              <span>{outcomes[one]}</span>
            </label>
          ))}
        </fieldset>
      )}
      <label className="field">
        <span>Why</span>
        <textarea
          rows={3}
          maxLength={2_000}
          value={why}
          onChange={(event) => setWhy(event.target.value)}
        />
      </label>
    </Confirm>
  );
};

/** A decision that somebody doubts, with what this person may do about it. */
export const Review = ({ review, onClosed }: OneProps) => {
  const [open, setOpen] = useState(false);
  const may = useMay("POST /reviews/:id/close");
  const { customer_id, reason, asked_by, asked_at, yours, outcome, answer, closed_by } = review;
  return (
    <li className="approval">
      <div>
        <b>{reason}</b>
        <p className="soft small">
          {yours ? "You asked" : `${asked_by} asked`} <Time at={asked_at} /> about{" "}
          <Link href={hrefOf(review)}>a decision</Link> of{" "}
          <Link href={`/customers/${encodeURIComponent(customer_id)}`}>{customer_id}</Link>
          {outcome === null && yours && "; another person must answer"}
          {outcome !== null && `; ${outcomes[outcome].toLowerCase()}, says ${closed_by}: ${answer}`}
        </p>
      </div>
      {outcome === null && may && (
        <span className="acts">
          <button
            type="button"
            className={yours ? "button" : "button primary"}
            onClick={() => setOpen(true)}
          >
            {yours ? "Withdraw…" : "Answer…"}
          </button>
        </span>
      )}
      {open && <Answering review={review} onClosed={onClosed} onClose={() => setOpen(false)} />}
    </li>
  );
};
