import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newFolder } from "./space.ts";

/** More than any id of the ledger that is told again. */
const idStep = 1_000;

/** A ledger in a folder of its own that says so many times, of others each time, what one says. */
export const largerLedger = (of: string, times: number): string => {
  const folder = newFolder();
  for (const file of readdirSync(of)) {
    const [head, ...rows] = readFileSync(join(of, file), "latin1").trimEnd().split("\n");
    const isOwn = head.split(";").map((name) => /_id"$/.test(name) && name !== '"district_id"');
    const again = (row: string, nth: number): string =>
      row
        .split(";")
        .map((cell, column) => (isOwn[column] ? String(Number(cell) + nth * idStep) : cell))
        .join(";");
    const all = Array.from({ length: times }, (_, nth) => rows.map((row) => again(row, nth)));
    writeFileSync(join(folder, file), [head, ...all.flat(), ""].join("\n"), "latin1");
  }
  return folder;
};
