import type { LiveFlow } from "./messages/architecture.ts";

/** A flow that the map declares, and whether it can be seen from outside. */
export type DeclaredFlow = {
  readonly from: string;
  readonly to: string;
  /** Why it cannot be seen; undefined: it can. */
  readonly unseen?: string;
  /** Nobody waits for it, so its absence is no drift. */
  readonly rare?: boolean;
};
/** A flow that was seen; `at` in ms since 1970. */
export type SeenFlow = { readonly from: string; readonly to: string; readonly at: number };

export type Drift = Pick<LiveFlow, "from" | "to" | "state" | "seen_at" | "why">;

const DAY_MS = 86_400_000;
const driftDays = 7;

export type DriftInput = {
  declared: readonly DeclaredFlow[];
  seen: readonly SeenFlow[];
  /** On how many of the last 7 days somebody watched. */
  watchedDays: number;
  now: number;
};

/**
 * Declared against observed. A flow that was not seen counts as drift only when every one of the
 * last 7 days was watched; before that nobody can know.
 */
export const driftOf = ({ declared, seen, watchedDays, now }: DriftInput): Drift[] => {
  const since = now - driftDays * DAY_MS;
  const newest = new Map<string, SeenFlow>();
  for (const flow of seen) {
    const key = `${flow.from} ${flow.to}`;
    if ((newest.get(key)?.at ?? 0) < flow.at) newest.set(key, flow);
  }
  const told = declared.map((flow): Drift => {
    const found = newest.get(`${flow.from} ${flow.to}`);
    newest.delete(`${flow.from} ${flow.to}`);
    return { from: flow.from, to: flow.to, ...judged(flow, found, since, watchedDays) };
  });
  const undeclared = [...newest.values()]
    .filter(({ at }) => at >= since)
    .map(({ from, to, at }): Drift => {
      const seen_at = new Date(at).toISOString();
      return {
        from,
        to,
        state: "undeclared",
        seen_at,
        why: "Seen, and the map knows nothing of it",
      };
    });
  return [...told, ...undeclared];
};

const judged = (
  { unseen, rare }: DeclaredFlow,
  found: SeenFlow | undefined,
  since: number,
  watchedDays: number,
): Pick<Drift, "state" | "seen_at" | "why"> => {
  const seen_at = found ? new Date(found.at).toISOString() : null;
  if (found && found.at >= since) return { state: "seen", seen_at, why: "Seen at work" };
  if (unseen !== undefined) return { state: "unknown", seen_at, why: unseen };
  if (rare) return { state: "unknown", seen_at, why: "Happens only when something goes wrong" };
  if (watchedDays < driftDays) {
    const days = `${watchedDays} of the last ${driftDays} days`;
    return { state: "unknown", seen_at, why: `Not seen yet; watched on ${days}` };
  }
  return { state: "not_seen", seen_at, why: `Declared, not seen for ${driftDays} days` };
};
