import type { CardHistory, CardMonth } from "../../../rules/card/history.ts";
import { rowsOf, type Sheet } from "../sheet.ts";
import { type FileReport, Tally } from "../tally.ts";
import { educationCode, marriageCode, sexOf, statusCode } from "./codes.ts";

/** Who the client is. Read so that the file can be checked and compared with; never a feature. */
export type Person = { sex: "F" | "M"; education: number; marriage: number; age: number };

export type CardClient = CardHistory & {
  readonly client_id: number;
  readonly person: Person;
  /** Whether the client defaulted on the payment of the month after. */
  readonly defaulted: boolean;
};

/** The months by the columns' numbers: the newest has the smallest one. */
const months = ["2005-09", "2005-08", "2005-07", "2005-06", "2005-05", "2005-04"] as const;
const statusColumns = ["PAY_0", "PAY_2", "PAY_3", "PAY_4", "PAY_5", "PAY_6"];
const numbered = (name: string): string[] => months.map((_, n) => `${name}${n + 1}`);
const columns = [
  ...["ID", "LIMIT_BAL", "SEX", "EDUCATION", "MARRIAGE", "AGE"],
  ...[...statusColumns, ...numbered("BILL_AMT"), ...numbered("PAY_AMT")],
];
/** The outcome's column is written with points or with blanks. */
const outcomeColumns = ["default.payment.next.month", "default payment next month"];

const customerPrefix = "uci-";
export const customerIdOf = ({ client_id }: { client_id: number }): string =>
  `${customerPrefix}${client_id}`;

type Cells = Readonly<Record<string, string>>;

/** Whole numbers, as the file and copies of it write them: 50000, 50000.0, 5e+04. */
const wholeOf = (text: string | undefined): number | undefined => {
  if (!/^-?\d{1,9}(?:\.\d{0,9})?(?:e\+?0?\d)?$/i.test(text ?? "")) return undefined;
  const value = Number(text);
  return Number.isInteger(value) && Math.abs(value) < 1e12 ? value : undefined;
};

/** The amounts of the file are whole New Taiwan dollars, of a hundred minor units each. */
const minorOf = (whole: number): number => whole * 100;

const personOf = (cells: Cells): Person | string => {
  const sex = sexOf(wholeOf(cells.SEX) ?? Number.NaN);
  const education = wholeOf(cells.EDUCATION) ?? Number.NaN;
  const marriage = wholeOf(cells.MARRIAGE) ?? Number.NaN;
  const age = wholeOf(cells.AGE) ?? 0;
  if (sex === undefined) return "sex_code_unknown";
  if (!educationCode(education).known) return "education_code_unknown";
  if (!marriageCode(marriage).known) return "marriage_code_unknown";
  if (age < 18 || age > 120) return "age_unreadable";
  return { sex, education, marriage, age };
};

const monthOf = (cells: Cells, n: number): CardMonth | string => {
  const status = wholeOf(cells[statusColumns[n]]) ?? Number.NaN;
  const bill = wholeOf(cells[`BILL_AMT${n + 1}`]);
  const paid = wholeOf(cells[`PAY_AMT${n + 1}`]);
  if (!statusCode(status).known) return "pay_status_unknown";
  if (bill === undefined) return "bill_unreadable";
  if (paid === undefined) return "payment_unreadable";
  if (paid < 0) return "payment_negative";
  return { month: months[n], status, bill_minor: minorOf(bill), paid_minor: minorOf(paid) };
};

/** The client of a row, or why the row is refused. */
const clientOf = (cells: Cells, outcome: string): CardClient | string => {
  const client_id = wholeOf(cells.ID) ?? 0;
  const limit = wholeOf(cells.LIMIT_BAL) ?? 0;
  const person = personOf(cells);
  const history: CardMonth[] = [];
  if (client_id <= 0) return "id_unreadable";
  if (limit <= 0) return "limit_unreadable";
  if (typeof person === "string") return person;
  for (let n = 0; n < months.length; n++) {
    const month = monthOf(cells, n);
    if (typeof month === "string") return month;
    history.push(month);
  }
  const told = wholeOf(cells[outcome]);
  if (told !== 0 && told !== 1) return "outcome_unknown";
  const defaulted = told === 1;
  return { client_id, limit_minor: minorOf(limit), person, months: history, defaulted };
};

const notesOf = ({ person, months: all }: CardClient): string[] => [
  ...(educationCode(person.education).documented ? [] : ["education_undocumented"]),
  ...(marriageCode(person.marriage).documented ? [] : ["marriage_undocumented"]),
  ...(all.every(({ status }) => statusCode(status).documented)
    ? []
    : ["pay_status_undocumented_read_as_not_in_arrears"]),
  ...(all.some((month) => month.bill_minor < 0) ? ["bill_negative_read_as_nothing_owed"] : []),
];

/** Notes on whose account a row is refused unless it was asked for. */
const doubts = ["education_undocumented", "marriage_undocumented"];

/**
 * Reads one file of clients; `seen` holds every ID so far, over all files. Who has a code of
 * schooling or marriage that the data's description does not name is refused, or with
 * `takesUndocumented` taken and noted.
 */
export const readClients = (
  sheet: Sheet,
  seen: Set<number>,
  takesUndocumented = false,
): { found: CardClient[]; report: FileReport } => {
  const tally = new Tally(sheet.file, sheet.sha256, "statements, payments, arrears and outcomes");
  const head = sheet.text.slice(0, Math.max(0, sheet.text.indexOf("\n")));
  const outcome = outcomeColumns.find((name) => head.includes(name)) ?? outcomeColumns[0];
  const found: CardClient[] = [];
  for (const { line, cells } of rowsOf(sheet, [...columns, outcome], tally, ",")) {
    const client = clientOf(cells, outcome);
    const notes = typeof client === "string" ? [] : notesOf(client);
    const doubt = takesUndocumented ? undefined : notes.find((note) => doubts.includes(note));
    if (typeof client === "string") tally.refuse(client, line);
    else if (doubt !== undefined) tally.refuse(doubt, line);
    else if (seen.has(client.client_id)) tally.refuse("duplicate_id", line);
    else {
      seen.add(client.client_id);
      found.push(client);
      tally.accept();
      for (const note of notes) tally.note(note, line);
    }
  }
  return { found, report: tally.report };
};
