/**
 * What the work answers, or what `late` answers (or throws) once that takes longer than `ms`. The
 * work itself goes on; what it throws after that is heard by nobody.
 */
export const inTime = async <T, L>(work: Promise<T>, ms: number, late: () => L): Promise<T | L> => {
  const bound = Promise.withResolvers<"late">();
  const timer = setTimeout(() => bound.resolve("late"), ms);
  const done = work.then((value) => ({ value }));
  done.catch(() => {});
  try {
    const first = await Promise.race([done, bound.promise]);
    return first === "late" ? late() : first.value;
  } finally {
    clearTimeout(timer);
  }
};
