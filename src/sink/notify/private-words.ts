/**
 * Words that speak of a customer's life, or of why we write. A message may be read by others in the
 * house, so it says none of them, in any language that we write in. Most stand for every word that
 * begins with them.
 */
const beginnings = [
  ...["gambl", "betting", "casino", "borrow", "debt", "payday", "loan shark", "divorc", "illness"],
  ...["salary", "salaries", "bankrupt", "overdraft", "risk", "score", "scoring", "unemploy"],
  ...["spiel", "glücksspiel", "wett", "sportwett", "kasino", "schuld", "überschuld", "verschuld"],
  ...["gehalt", "scheidung", "krankheit", "risiko", "arbeitslos", "insolven"],
  ...["jeux d", "dette", "endett", "surendett", "salaire", "maladie", "risque", "chômage"],
  ...["hazard", "sázk", "sázen", "kasin", "dluh", "zadluž", "předluž", "výplat", "rozvod"],
  ...["nemoc", "rizik", "insolv", "nezaměstnan"],
];
const whole = ["bet", "bets", "jeu", "jeux", "mzda", "mzdy", "mzdu"];

const pattern = new RegExp(
  `(?<!\\p{L})(?:(?:${beginnings.join("|")})\\p{L}*|(?:${whole.join("|")})(?!\\p{L}))`,
  "iu",
);

/** The first such word of a text, as it stands there; undefined: it has none. */
export const privateWordIn = (text: string): string | undefined =>
  pattern.exec(text.normalize("NFC"))?.[0];
