/**
 * The last predictions of a kind, by a hash of their id and their place in time, newest last, and
 * the latest place of those that were forgotten. A kind comes in the order of its places, so what
 * lies no later than one that was forgotten has come before: those that share a place are forgotten
 * together, unless they are very many.
 */
export type Memory = {
  readonly last: readonly (readonly [id: string, place: number])[];
  readonly until: number | null;
};

const most = 10;
const mostOfOnePlace = 50;

export const noMemory: Memory = { last: [], until: null };

export const remember = ({ last, until }: Memory, id: string, place: number): Memory => {
  const all = [...last, [id, place] as const];
  const together = all.filter(([, at]) => at === place).length;
  const kept = Math.max(most, Math.min(together, mostOfOnePlace));
  const forgotten = all.slice(0, -kept).map(([, at]) => at);
  return {
    last: all.slice(-kept),
    until: forgotten.length === 0 ? until : Math.max(until ?? -Infinity, ...forgotten),
  };
};

export const wasSeen = ({ last, until }: Memory, id: string, place: number): boolean =>
  (until !== null && place <= until) || last.some(([own]) => own === id);
