import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { failure } from "../../../errors.ts";
import type { ImportSource } from "../importer.ts";
import { readSheet, type Sheet } from "../sheet.ts";
import type { FileReport } from "../tally.ts";
import { readAccounts, readClients, readHolders, readUnused } from "./accounts.ts";
import { type JudgedLoan, judgedLoans, observedDays } from "./judged.ts";
import { type LedgerRow, placeRows, readLedger } from "./ledger.ts";
import { readLoans } from "./loans.ts";
import { type LedgerBook, timeline } from "./timeline.ts";

export type Berka = {
  book: LedgerBook;
  loans: JudgedLoan[];
  reports: FileReport[];
};

/** Raised when the mapping changes: a resumed import must not change its order half-way. */
const mappingVersion = 1;

/** The folder as a source to import. */
export const berkaSource = ({ book, reports }: Berka): ImportSource => {
  const hashes = reports.map((report) => report.sha256).toSorted();
  const set = createHash("sha256").update(`berka ${mappingVersion}\n${hashes.join("\n")}`);
  return { kind: "berka", sha256: set.digest("hex"), events: () => timeline(book), reports };
};

const cure =
  "Give the folder with account.asc, client.asc, disp.asc, loan.asc and the trans files " +
  "of the PKDD'99 data.";

const names = async (folder: string): Promise<string[]> => {
  try {
    return (await readdir(folder)).toSorted();
  } catch {
    throw failure("ARGUMENT_WRONG", `The folder ${folder} cannot be read`, cure);
  }
};

const isSheet = (name: string, of: string): boolean =>
  new RegExp(`^${of}\\.(asc|csv)(\\.gz)?$`, "i").test(name);

/**
 * Reads the bank's folder: accounts, clients, who owns what, loans, and every file whose name
 * begins with `trans`. Throws ARGUMENT_WRONG when one of them is missing, FAILED when one cannot be
 * read.
 */
export const readFolder = async (folder: string): Promise<Berka> => {
  const found = await names(folder);
  const one = async (of: string): Promise<Sheet> => {
    const name = found.find((file) => isSheet(file, of));
    if (!name) throw failure("ARGUMENT_WRONG", `${folder} has no file ${of}.asc`, cure);
    return readSheet(join(folder, name));
  };
  const ledgers = found.filter((name) => isSheet(name, "trans[^.]*"));
  if (ledgers.length === 0)
    throw failure("ARGUMENT_WRONG", `${folder} has no file trans*.asc or trans*.csv`, cure);
  const clients = readClients(await one("client"));
  const accounts = readAccounts(await one("account"));
  const known = { clients: clients.found, accounts: accounts.found };
  const holders = readHolders(await one("disp"), known);
  const owned = { ...known, holders: holders.found };
  const loans = readLoans(await one("loan"), owned);
  const sheets = ledgers.map((name) => () => readSheet(join(folder, name)));
  const ledger = await readLedgers(sheets, owned);
  const unused = await readOthers(found, folder);
  const observed = observedDays(ledger.files, loans.found);
  const bank = { ...owned, loans: loans.found, observed };
  const tables = [clients, accounts, holders, loans].map((parsed) => parsed.report);
  return {
    book: { ...bank, placed: ledger.placed },
    loans: judgedLoans({
      ...bank,
      firstDays: firstDays(ledger.files),
      fileOf: new Map(ledger.files.flat().map(({ account_id, file }) => [account_id, file])),
    }),
    reports: [...ledger.reports, ...tables, ...unused],
  };
};

type Owned = Parameters<typeof readLedger>[1];

/** One file after the other, so that only one text is held at a time. */
const readLedgers = async (sheets: readonly (() => Promise<Sheet>)[], known: Owned) => {
  const seen = new Set<number>();
  const parsed: ReturnType<typeof readLedger>[] = [];
  for (const open of sheets) parsed.push(readLedger(await open(), known, seen));
  const files = parsed.map((ledger) => ledger.found);
  const tallies = new Map(parsed.map((ledger) => [ledger.report.file, ledger.tally]));
  const notes = { broken_chain: "balance_before_missing", trans_id: "ordered_by_trans_id" };
  const placed = placeRows(files.flat(), (row, by) =>
    tallies.get(row.file)!.note(notes[by], row.line),
  );
  return { files, placed, reports: parsed.map((ledger) => ledger.report) };
};

const readOthers = async (found: readonly string[], folder: string): Promise<FileReport[]> => {
  const reasons = [
    ["order", "order_id", "standing orders have no date"],
    ["card", "card_id", "a profile has no place for cards"],
    ["district", "A1", "where people live is no feature"],
  ];
  const reports: FileReport[] = [];
  for (const [of, column, why] of reasons) {
    const name = found.find((file) => isSheet(file, of));
    if (name) reports.push(readUnused(await readSheet(join(folder, name)), column, why));
  }
  return reports;
};

const firstDays = (files: readonly (readonly LedgerRow[])[]): Map<number, string> => {
  const first = new Map<number, string>();
  for (const { account_id: id, day } of files.flat())
    if (day < (first.get(id) ?? "9999")) first.set(id, day);
  return first;
};
