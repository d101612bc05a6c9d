import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { gunzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import { failure, sentenceOf } from "../../errors.ts";
import type { Tally } from "./tally.ts";

/** A file of rows, read whole: its name, the SHA-256 of its bytes as stored, its text. */
export type Sheet = { file: string; sha256: string; text: string };

/** A row of a sheet: the line that it stands on (1 = the header) and its cells by column name. */
export type Row = { line: number; cells: Readonly<Record<string, string>> };

/**
 * Reads a file, unpacked when its name ends in `.gz`. Latin-1 never fails and leaves ASCII as it
 * is. Throws FAILED with a sentence when the file cannot be read to its end.
 */
export const readSheet = async (path: string): Promise<Sheet> => {
  const file = basename(path);
  try {
    const bytes = await readFile(path);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("latin1");
    return { file, sha256, text };
  } catch (thrown) {
    throw failure("FAILED", `${file} cannot be read to its end (${sentenceOf(thrown)}).`);
  }
};

function* linesOf(text: string): Generator<{ line: number; body: string }> {
  let line = 0;
  for (let from = 0; from < text.length; ) {
    const at = text.indexOf("\n", from);
    const end = at < 0 ? text.length : at;
    line++;
    yield { line, body: text.slice(from, text[end - 1] === "\r" ? end - 1 : end) };
    from = end + 1;
  }
}

const unquoted = (cell: string): string | undefined => {
  if (!cell.includes('"')) return cell;
  const inner = cell.slice(1, -1);
  const whole = cell.length >= 2 && cell.startsWith('"') && cell.endsWith('"');
  return whole && !inner.includes('"') ? inner : undefined;
};

/** The cells of a line, or undefined when its quotes do not match. */
const cellsOf = (body: string, delimiter: string): string[] | undefined => {
  const cells = body.split(delimiter).map(unquoted);
  if (!cells.includes(undefined)) return cells as string[];
  try {
    return (parse(body, { delimiter }) as string[][])[0];
  } catch {
    return undefined;
  }
};

/**
 * The rows of a text parted by semicolons or another delimiter, with the named columns in any
 * order. Each line is read on its own, so an open quote costs its own line and not the rest of the
 * file. Blank lines are skipped; others that cannot be read are refused on the tally. Throws FAILED
 * when a column is missing.
 */
export function* rowsOf(
  sheet: Sheet,
  columns: readonly string[],
  tally: Tally,
  delimiter = ";",
): Generator<Row> {
  const lines = linesOf(sheet.text);
  const first = lines.next();
  const top = first.done ? "" : first.value.body.replace(/^ï»¿/, "");
  const header = top === "" ? [] : (cellsOf(top, delimiter) ?? []);
  const missing = columns.filter((column) => !header.includes(column));
  if (missing.length > 0) {
    const list = missing.join(", ");
    throw failure("FAILED", `${sheet.file} has no column ${list} in its first line.`);
  }
  for (const { line, body } of lines) {
    if (body.trim() === "") continue;
    tally.read();
    const cells = cellsOf(body, delimiter);
    if (cells === undefined) tally.refuse("quotes_do_not_match", line);
    else if (cells.length !== header.length) tally.refuse("wrong_number_of_columns", line);
    else yield { line, cells: Object.fromEntries(header.map((name, i) => [name, cells[i]])) };
  }
}
