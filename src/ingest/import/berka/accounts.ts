import { type Row, rowsOf, type Sheet } from "../sheet.ts";
import { type FileReport, Tally } from "../tally.ts";
import { bankDay, birthOf } from "./bank-day.ts";
import { idOf } from "./cells.ts";

/** Personal data: the number holds the date of birth and the sex. Neither is ever a feature. */
export type Client = { client_id: number; born: string | undefined; sex: "F" | "M" | undefined };
export type Account = { account_id: number; opened: string };
export type Holders = { owner: number | undefined; authorised: number[] };

/** Reads one sheet into a list; what cannot be used is refused on its report. */
export type Parsed<T> = { found: T; report: FileReport };

export const readClients = (sheet: Sheet): Parsed<Map<number, Client>> => {
  const tally = new Tally(sheet.file, sheet.sha256, "customers");
  const found = new Map<number, Client>();
  for (const { line, cells } of rowsOf(sheet, ["client_id", "birth_number"], tally)) {
    const id = idOf(cells.client_id);
    if (id === undefined) tally.refuse("id_unreadable", line);
    else if (found.has(id)) tally.refuse("duplicate_id", line);
    else {
      const birth = birthOf(cells.birth_number);
      if (!birth) tally.note("birth_number_unreadable", line);
      found.set(id, { client_id: id, born: birth?.born, sex: birth?.sex });
      tally.accept();
    }
  }
  return { found, report: tally.report };
};

export const readAccounts = (sheet: Sheet): Parsed<Map<number, Account>> => {
  const tally = new Tally(sheet.file, sheet.sha256, "customers' accounts");
  const found = new Map<number, Account>();
  for (const { line, cells } of rowsOf(sheet, ["account_id", "date"], tally)) {
    const id = idOf(cells.account_id);
    const opened = bankDay(cells.date);
    if (id === undefined) tally.refuse("id_unreadable", line);
    else if (opened === undefined) tally.refuse("date_unreadable", line);
    else if (found.has(id)) tally.refuse("duplicate_id", line);
    else {
      found.set(id, { account_id: id, opened });
      tally.accept();
    }
  }
  return { found, report: tally.report };
};

type Known = { clients: Map<number, Client>; accounts: Map<number, Account> };

/** Who may use which account: one OWNER each, and any number of DISPONENT. */
export const readHolders = (sheet: Sheet, known: Known): Parsed<Map<number, Holders>> => {
  const tally = new Tally(sheet.file, sheet.sha256, "who owns and who may use an account");
  const found = new Map<number, Holders>();
  for (const row of rowsOf(sheet, ["client_id", "account_id", "type"], tally)) {
    const reason = addHolder(row, known, found);
    if (reason) tally.refuse(reason, row.line);
    else tally.accept();
  }
  return { found, report: tally.report };
};

const addHolder = ({ cells }: Row, known: Known, found: Map<number, Holders>) => {
  const client = idOf(cells.client_id);
  const account = idOf(cells.account_id);
  if (client === undefined || account === undefined) return "id_unreadable";
  if (!known.clients.has(client)) return "client_unknown";
  if (!known.accounts.has(account)) return "account_unknown";
  const holders = found.get(account) ?? { owner: undefined, authorised: [] };
  if (cells.type === "OWNER") {
    if (holders.owner !== undefined) return "second_owner";
    holders.owner = client;
  } else if (cells.type === "DISPONENT") holders.authorised.push(client);
  else return "role_unknown";
  found.set(account, holders);
  return undefined;
};

/** Sheets that are read and checked although no event can carry them yet. */
export const readUnused = (sheet: Sheet, column: string, why: string): FileReport => {
  const tally = new Tally(sheet.file, sheet.sha256, `nothing: ${why}`);
  for (const { line, cells } of rowsOf(sheet, [column], tally))
    if (idOf(cells[column]) === undefined) tally.refuse("id_unreadable", line);
    else tally.accept();
  return tally.report;
};
