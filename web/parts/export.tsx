type Row = Record<string, unknown>;

/** A cell of CSV; a leading sign that a spreadsheet would run as a formula is defused. */
const cell = (value: unknown): string => {
  const text =
    value === null || value === undefined
      ? ""
      : typeof value === "object"
        ? JSON.stringify(value)
        : String(value);
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

const csvOf = (rows: readonly Row[]): string => {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = rows.map((row) => names.map((name) => cell(row[name])).join(","));
  return `${[names.map(cell).join(","), ...lines].join("\r\n")}\r\n`;
};

const save = (name: string, type: string, text: string): void => {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
};

/** Saves exactly what is seen, as CSV or JSON. */
export const Export = ({ name, rows }: { name: string; rows: readonly Row[] }) => (
  <span className="acts">
    <button
      type="button"
      className="button"
      disabled={rows.length === 0}
      onClick={() => save(`${name}.csv`, "text/csv", csvOf(rows))}
    >
      CSV
    </button>
    <button
      type="button"
      className="button"
      disabled={rows.length === 0}
      onClick={() => save(`${name}.json`, "application/json", JSON.stringify(rows, null, 2))}
    >
      JSON
    </button>
  </span>
);
