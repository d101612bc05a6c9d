export const sectionNames = ["berka", "uci", "simulator"] as const;
export type SectionName = (typeof sectionNames)[number];

const titles: Record<SectionName, string> = {
  berka: "Berka: loans of a Czech bank",
  uci: "UCI: card clients of a bank in Taiwan",
  simulator: "Simulator: warnings before the first missed payment",
};

const head = `# Results

Computed by \`./bellwether results --data <folder>\`, which writes this page; nothing in it is typed
in but the references, which were measured elsewhere on the same rows. Intervals are of 95 %: of an
AUC after DeLong, of a share after Wilson, of others as it is said beside them.`;

const citations = `## Citations

- Berka, P. and Sochorova, M. (1999). *Guide to the financial data set.* PKDD'99 Discovery
  Challenge.
- Yeh, I-Cheng (2009). *Default of Credit Card Clients.* UCI Machine Learning Repository,
  https://doi.org/10.24432/C55S3H. Licence: CC BY 4.0. Described in Yeh, I-C. and Lien, C. (2009),
  *Expert Systems with Applications* 36(2), 2473–2480.
- DeLong, E., DeLong, D. and Clarke-Pearson, D. (1988). *Biometrics* 44(3), 837–845.
- Wilson, E. B. (1927). *JASA* 22, 209–212. Newcombe, R. G. (1998). *Statistics in Medicine* 17,
  873–890. Efron, B. (1979). *Annals of Statistics* 7(1), 1–26. Garwood, F. (1936). *Biometrika* 28,
  437–442.`;

const begin = (name: SectionName) => `<!-- ${name} -->`;
const end = (name: SectionName) => `<!-- end of ${name} -->`;

/** A section as an older page has it. */
const kept = (old: string, name: SectionName): string | undefined => {
  const from = old.indexOf(begin(name));
  const to = old.indexOf(end(name));
  return from < 0 || to < from ? undefined : old.slice(from + begin(name).length, to).trim();
};

/** The page with new sections in place of old ones; what was not computed stays as it was. */
export const resultsPage = (
  old: string,
  fresh: Partial<Record<SectionName, readonly string[]>>,
): string => {
  const sections = sectionNames.map((name) => {
    const body = fresh[name]?.join("\n") ?? kept(old, name) ?? "Not computed yet.";
    return [`## ${titles[name]}`, "", begin(name), "", body, "", end(name)].join("\n");
  });
  return `${[head, ...sections, citations].join("\n\n")}\n`;
};
