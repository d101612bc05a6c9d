/** One value as people read it: nothing for null, ISO for times, JSON for what has parts. */
export const cell = (value: unknown): string => {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return value.toISOString();
  if (Buffer.isBuffer(value)) return `\\x${value.toString("hex")}`;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
};

const shown = (text: string): string =>
  text.replace(/[\n\r\t]/g, " ").replace(/\p{Cc}/gu, "\u{fffd}");

/**
 * Rows as columns of plain text under their names, numbers to the right. Control characters are
 * shown as blanks or replaced, so that data cannot move the reader's cursor.
 */
export const table = (names: string[], rows: unknown[][]): string => {
  const texts = rows.map((row) => row.map((value) => shown(cell(value))));
  const widths = names.map((name, column) =>
    texts.reduce((width, row) => Math.max(width, row[column].length), name.length),
  );
  const numeric = names.map((_, column) => {
    const values = texts.map((row) => row[column]).filter((text) => text !== "");
    return values.length > 0 && values.every((text) => /^-?\d+(\.\d+)?(e[+-]\d+)?$/i.test(text));
  });
  const line = (cells: string[]) =>
    cells
      .map((text, column) =>
        numeric[column] ? text.padStart(widths[column]) : text.padEnd(widths[column]),
      )
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "-".repeat(width));
  return [line(names), line(rule), ...texts.map(line)].join("\n");
};
