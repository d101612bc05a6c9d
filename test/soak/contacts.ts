import { parseArgs } from "node:util";
import { AdminPort } from "../../src/stream/admin.ts";
import { type Violation, violationsOf } from "../contact-checker.ts";
import { readContactLog } from "../contact-log.ts";

/**
 * node test/soak/contacts.ts --bootstrap 127.0.0.1:9092 [--space live] [--grace-ms 15000]
 *
 * Judges from the topics of a space whether anybody was contacted wrongly: twice for a step, over a
 * cap, outside hours, without consent, or against a status. Reads what the topics still hold and
 * writes nothing. Exit 0: nobody was; 1: somebody was, each told on a line of its own; 2: there is
 * nothing to judge, or it could not be read. `--grace-ms`: how old a change of a profile must be
 * before a sender must have known it.
 */
const { values } = parseArgs({
  options: {
    bootstrap: { type: "string" },
    space: { type: "string", default: "live" },
    "grace-ms": { type: "string", default: "15000" },
  },
});
const { bootstrap, space } = values;
const graceMs = Number(values["grace-ms"]);
const say = (sentence: string) => process.stdout.write(`${sentence}\n`);

const told = ({ rule, customer, notification, at }: Violation): string =>
  `${rule}: customer ${customer}, notification ${notification}, ${at}`;

/** The exit code. */
const judge = async (admin: AdminPort, from: string): Promise<number> => {
  const log = await readContactLog({ bootstrap: from, admin, space }, graceMs);
  const { violations, contacts } = violationsOf(log);
  const { interventions, notifications, results, updates, policies } = log;
  say(
    `Space ${space}: ${interventions.length} decisions, ${notifications.length} notifications, ` +
      `${results.length} results, ${updates.length} profiles, ${policies.length} policies.`,
  );
  for (const one of violations) say(told(one));
  if (violations.length > 0) {
    const customers = new Set(violations.map(({ customer }) => customer)).size;
    say(`Of ${contacts} contacts: violations ${violations.length}, customers ${customers}. Wrong.`);
    return 1;
  }
  if (contacts === 0) {
    say("Nobody was contacted, so nothing was judged. Give a space whose messages went out.");
    return 2;
  }
  say(`${contacts} contacts, no violation. Right.`);
  return 0;
};

if (bootstrap === undefined || !(graceMs >= 0)) {
  say("Give --bootstrap <host:port>, and --grace-ms as a number of milliseconds if at all.");
  process.exitCode = 2;
} else {
  const admin = AdminPort.open(bootstrap);
  try {
    process.exitCode = await judge(admin, bootstrap);
  } catch (thrown) {
    say(`It could not be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    process.exitCode = 2;
  } finally {
    admin.close();
  }
}
