import type pg from "pg";
import { transact } from "../db.ts";
import { failure } from "../errors.ts";
import type { Caller } from "./access.ts";
import type { AccessLog } from "./access-log.ts";
import { type ReviewRow, reviewOf } from "./decision.ts";
import type {
  CloseBody,
  ListedReview,
  ReviewAnswer,
  ReviewOutcome,
  ReviewsAnswer,
} from "./messages/reviews.ts";
import { readingTables } from "./vectors.ts";

const listMost = 100;
const queryMaxMs = 5_000;

const wanted = {
  open: "closed_at is null order by asked_at",
  closed: "closed_at is not null order by closed_at desc",
} as const;
type ReviewState = keyof typeof wanted;

const read = async (pool: pg.Pool, state: ReviewState): Promise<ReviewAnswer[]> => {
  const text = `select to_jsonb(r) as review from reviews r
    where ${wanted[state]} limit ${listMost}`;
  const question = { text, query_timeout: queryMaxMs };
  const { rows } = await readingTables(() => pool.query<{ review: ReviewRow }>(question));
  return rows.map(({ review }) => reviewOf(review));
};

/** Decisions that people doubt: those that wait for an answer, and the newest that have one. */
export const listReviews = async (
  pool: pg.Pool,
  { name }: Caller,
  state: ReviewState | undefined,
): Promise<ReviewsAnswer> => {
  const states = state === undefined ? (["open", "closed"] as const) : [state];
  const found = await Promise.all(states.map((one) => read(pool, one)));
  const { rows } = await readingTables(() =>
    pool.query<{ open: number }>(
      "select count(*)::int as open from reviews where closed_at is null",
    ),
  );
  const listed = (review: ReviewAnswer): ListedReview => ({
    ...review,
    yours: review.asked_by === name,
  });
  return { open: rows[0].open, reviews: found.flat().map(listed) };
};

const words: Record<ReviewOutcome, string> = {
  stands: "answered a review: the decision stands",
  wrong: "answered a review: the decision was wrong",
  withdrawn: "withdrew a review",
};

/**
 * Closes a review with what another person found, or has it withdrawn by whoever asked. That it was
 * done is in the access log before it counts. Throws REVIEW_UNKNOWN, REVIEW_CLOSED, REVIEW_OWN,
 * REVIEW_OTHERS, UNRECORDED, READ_MODEL_AWAY.
 */
export const closeReview = (
  { pool, log }: { pool: pg.Pool; log: Pick<AccessLog, "record"> },
  id: string,
  { by, outcome, reason }: CloseBody & { by: Caller },
): Promise<ReviewAnswer> =>
  readingTables(() =>
    transact(pool, async (client) => {
      const { rows } = await client.query<{ review: ReviewRow }>(
        "select to_jsonb(r) as review from reviews r where review_id = $1 for update",
        [id],
      );
      if (rows.length === 0) throw failure("REVIEW_UNKNOWN", id);
      const { asked_by, closed_by, decision_id } = rows[0].review;
      if (closed_by !== null) throw failure("REVIEW_CLOSED", closed_by);
      const isOwn = asked_by === by.name;
      if (isOwn && outcome !== "withdrawn") throw failure("REVIEW_OWN", asked_by);
      if (!isOwn && outcome === "withdrawn") throw failure("REVIEW_OTHERS", asked_by);
      const closed = await client.query<{ review: ReviewRow }>(
        `update reviews r set outcome = $2, answer = $3, closed_by = $4, closed_at = now()
         where review_id = $1 returning to_jsonb(r) as review`,
        [id, outcome, reason, by.name],
      );
      const detail = `${words[outcome]}, of ${decision_id}`.slice(0, 500);
      await log.record(by, { what: "acted", detail });
      return reviewOf(closed.rows[0].review);
    }),
  );
