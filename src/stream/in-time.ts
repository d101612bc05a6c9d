/**
 * What the work answers, or what `late` answers (or throws) once that takes longer than `ms`: from
 * now on, or from when the signal comes. The work itself goes on; what it throws after that is
 * heard by nobody.
 */
export const inTime = async <T, L>(
  work: Promise<T>,
  ms: number,
  late: () => L,
  from?: AbortSignal,
): Promise<T | L> => {
  const bound = Promise.withResolvers<"late">();
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    timer = setTimeout(() => bound.resolve("late"), ms);
  };
  if (from === undefined || from.aborted) begin();
  else from.addEventListener("abort", begin, { once: true });
  const done = work.then((value) => ({ value }));
  done.catch(() => {});
  try {
    const first = await Promise.race([done, bound.promise]);
    return first === "late" ? late() : first.value;
  } finally {
    from?.removeEventListener("abort", begin);
    clearTimeout(timer);
  }
};
