import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { failure } from "../../../errors.ts";
import type { ImportSource } from "../importer.ts";
import { readSheet } from "../sheet.ts";
import type { FileReport } from "../tally.ts";
import { type CardClient, readClients } from "./clients.ts";
import { timeline } from "./timeline.ts";

export type CardBook = {
  clients: CardClient[];
  reports: FileReport[];
  /** Whether rows with codes that the data's description does not name were taken. */
  takesUndocumented: boolean;
};

/** Raised when the mapping changes: a resumed import must not change its order half-way. */
const mappingVersion = 1;

/** The folder as a source to import. */
export const cardSource = ({ clients, reports, takesUndocumented }: CardBook): ImportSource => {
  const hashes = reports.map((report) => report.sha256).toSorted();
  const mapping = `uci-credit ${mappingVersion}${takesUndocumented ? "" : " documented"}`;
  const set = createHash("sha256").update(`${mapping}\n${hashes.join("\n")}`);
  const events = () => timeline(clients);
  return { kind: "uci-credit", sha256: set.digest("hex"), events, reports };
};

const cure = "Give the folder with the CSV of UCI's Default of Credit Card Clients.";

/**
 * Reads every `.csv` and `.csv.gz` of a folder as clients' rows. Throws ARGUMENT_WRONG when there
 * is none, FAILED when one cannot be read or lacks a column.
 */
export const readFolder = async (folder: string, takesUndocumented = false): Promise<CardBook> => {
  let names: string[];
  try {
    names = (await readdir(folder)).toSorted();
  } catch {
    throw failure("ARGUMENT_WRONG", `The folder ${folder} cannot be read`, cure);
  }
  const files = names.filter((name) => /\.csv(\.gz)?$/i.test(name));
  if (files.length === 0) throw failure("ARGUMENT_WRONG", `${folder} has no file *.csv`, cure);
  const book: CardBook = { clients: [], reports: [], takesUndocumented };
  const seen = new Set<number>();
  for (const name of files) {
    const sheet = await readSheet(join(folder, name));
    const { found, report } = readClients(sheet, seen, takesUndocumented);
    for (const client of found) book.clients.push(client);
    book.reports.push(report);
  }
  return book;
};
