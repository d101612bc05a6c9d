/** A number that names something: client, account, loan, transaction. */
export const idOf = (text: string): number | undefined =>
  /^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined;

/** An amount in crowns, such as `-1234.50`, in hellers (minor units). */
export const hellersOf = (text: string): number | undefined => {
  const found = /^(-?)(\d{1,12})(?:\.(\d{1,2}))?$/.exec(text);
  if (!found) return undefined;
  const minor = Number(found[2]) * 100 + Number((found[3] ?? "").padEnd(2, "0"));
  return found[1] === "-" && minor > 0 ? -minor : minor;
};

/** Crowns as the contracts write them: a decimal number. */
export const crownsOf = (hellers: number): number => hellers / 100;
