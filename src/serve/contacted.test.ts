import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { interventionStatuses } from "../events/intervention.ts";
import { contactedOf, reasons } from "./contacted.ts";

/** The codes that the contact rules give, as their source names them. */
const codesOf = (file: string, pattern: RegExp): string[] => {
  const source = readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
  const found = [...source.matchAll(pattern)].map(([, code]) => code);
  assert.ok(found.length > 0, `${file}: ${found.length} codes were found`);
  return found;
};

test("given each reason of the contact rules, then there are words for it", () => {
  const codes = [
    ...codesOf("rules/contact/stops.ts", /^ {2}(?:.*&& )?"(\w+)"[,;]/gm),
    ...codesOf("rules/contact/delays.ts", /^ {2}\["(\w+)", /gm),
    ...codesOf("process/contact/decide.ts", /suppressed\("(\w+)"\)/g),
    ...codesOf("process/contact/decide.ts", /giveUp\(\w+, \w+, "(\w+)"/g),
    ...codesOf("process/contact/feedback.ts", /giveUp\(\w+, \w+, "(\w+)"/g),
  ];
  assert.ok(codes.includes("fraud_block") && codes.includes("no_consent"));
  assert.deepEqual(
    codes.filter((code) => reasons[code] === undefined),
    [],
  );
});

test("given each status, then it is said in a sentence whether there was contact", () => {
  for (const status of interventionStatuses) {
    const { contacted, why } = contactedOf("HIGH", { status });
    assert.match(why, /^[A-Z].*\.$/, status);
    assert.equal(contacted, ["triggered", "sent", "answered"].includes(status), status);
  }
  const not_before = "2026-01-05T08:00:00.000Z";
  const put_off = { status: "deferred", suppressed_by: "local_hours", not_before };
  assert.match(contactedOf("HIGH", put_off).why, /^Put off: .*hours.*again at 2026-01-05T08:00/);
  assert.match(contactedOf("LOW", undefined).why, /risk is low/);
  assert.match(contactedOf("HIGH", undefined).why, /so far/);
});
