/**
 * The codes of "Default of credit card clients" (Yeh 2009). The description of the data names some
 * of them; others stand in it all the same. Those of schooling and marriage are refused unless they
 * are asked for; what was never seen in it is refused always, because nobody can say what it means.
 */
export type Code = { known: boolean; documented: boolean };

const codes = (documented: readonly number[], seen: readonly number[]) => {
  const told = new Set(documented);
  const met = new Set([...documented, ...seen]);
  return (code: number): Code => ({ known: met.has(code), documented: told.has(code) });
};

/** 1 graduate school, 2 university, 3 high school, 4 others; 0, 5 and 6 are not described. */
export const educationCode = codes([1, 2, 3, 4], [0, 5, 6]);

/** 1 married, 2 single, 3 others; 0 is not described. */
export const marriageCode = codes([1, 2, 3], [0]);

/**
 * Status of repayment: -1 paid in full, 1 to 9 so many months in arrears (9: or more). Not
 * described are -2 (nothing was used) and 0 (a part was paid, the rest revolves); neither is in
 * arrears.
 */
export const statusCode = codes([-1, 1, 2, 3, 4, 5, 6, 7, 8, 9], [-2, 0]);

/** 1 man, 2 woman. */
export const sexOf = (code: number): "F" | "M" | undefined =>
  code === 1 ? "M" : code === 2 ? "F" : undefined;
