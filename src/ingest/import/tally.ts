/**
 * What became of one file's rows: read, accepted, refused and why. A *note* marks an accepted row
 * in which something was read with a stated assumption, such as an unknown payment symbol.
 */
export type Reasons = Record<string, { count: number; first_lines: number[] }>;
export type FileReport = {
  file: string;
  sha256: string;
  /** What the rows were used for, in a few words; "nothing" is an answer too. */
  used_for: string;
  read: number;
  accepted: number;
  refused: Reasons;
  notes: Reasons;
};

const linesKept = 5;

const addTo = (reasons: Reasons, reason: string, line: number): void => {
  const found = (reasons[reason] ??= { count: 0, first_lines: [] });
  found.count++;
  if (found.first_lines.length < linesKept) found.first_lines.push(line);
};

export class Tally {
  readonly report: FileReport;

  constructor(file: string, sha256: string, usedFor: string) {
    const counts = { read: 0, accepted: 0, refused: {}, notes: {} };
    this.report = { file, sha256, used_for: usedFor, ...counts };
  }

  read(): void {
    this.report.read++;
  }
  accept(): void {
    this.report.accepted++;
  }
  refuse(reason: string, line: number): undefined {
    addTo(this.report.refused, reason, line);
  }
  note(reason: string, line: number): void {
    addTo(this.report.notes, reason, line);
  }
}

const reasonsText = (reasons: Reasons): string =>
  Object.entries(reasons)
    .map(([reason, { count, first_lines: lines }]) => {
      const where = lines.length === 1 ? `line ${lines[0]}` : `first on lines ${lines.join(", ")}`;
      return `${count} ${reason} (${where})`;
    })
    .join("; ");

/** The report as lines of text, one file each. */
export const reportLines = (reports: readonly FileReport[]): string[] =>
  reports.map((r) => {
    const refused = reasonsText(r.refused);
    const notes = reasonsText(r.notes);
    return [
      `${r.file}: ${r.read} rows read, ${r.accepted} accepted`,
      refused === "" ? "none refused" : `refused: ${refused}`,
      ...(notes === "" ? [] : [`noted: ${notes}`]),
      `used for ${r.used_for}`,
    ].join(", ");
  });
