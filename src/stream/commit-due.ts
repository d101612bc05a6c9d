/** Bounds on the time between two commits of a processor, and on what one of them holds. */
export type CommitBounds = {
  readonly commitMinIntervalMs: number;
  readonly commitMaxIntervalMs: number;
  readonly commitMaxRecords: number;
};

/** What was done since the last commit. Times are of one clock that never goes back, ms. */
export type Uncommitted = {
  /** Records and timers. */
  readonly records: number;
  /** Of what was written. */
  readonly bytes: number;
  /** Whether all that was there has run. */
  readonly isIdle: boolean;
  readonly lastCommitMs: number;
  /** How long that commit took. */
  readonly commitTookMs: number;
  /** When the first of the records began; 0: none did. */
  readonly firstRecordMs: number;
  /** Whether there is anything to commit where nothing ran: an offset, or a clock to be told. */
  readonly hasNews: () => boolean;
};

/** An offset that moved without a record (behind a transaction's marker) is committed this late. */
const quietCommitMs = 200;
/** So many times as long as a commit took, its processor does without another, up to a bound. */
const restPerCommit = 3;
const restMaxMs = 20;
const commitMaxBytes = 16_000_000;

/**
 * Whether to commit now. In quiet times a commit comes at once and costs nobody anything; where
 * there is always something to commit, at most a quarter of the time goes into quick commits, since
 * each costs the broker much the same however little it holds; under load one waits until it is
 * worth its price, and no longer than its bounds say.
 */
export const isCommitDue = (bounds: CommitBounds, done: Uncommitted, nowMs: number): boolean => {
  const { records, bytes, isIdle, lastCommitMs, commitTookMs, firstRecordMs } = done;
  const since = nowMs - lastCommitMs;
  if (records === 0) return isIdle && since >= quietCommitMs && done.hasNews();
  if (records >= bounds.commitMaxRecords || bytes >= commitMaxBytes) return true;
  const rest = Math.min(restPerCommit * commitTookMs, restMaxMs);
  if (isIdle && since >= Math.max(bounds.commitMinIntervalMs, rest)) return true;
  return nowMs - Math.max(firstRecordMs, lastCommitMs) >= bounds.commitMaxIntervalMs;
};
