import { type Acl, aclsOf } from "../acls.ts";
import type { Config } from "../config.ts";
import { print } from "./command.ts";

const quoted = (text: string): string =>
  /^[\w.:@/=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** One command for all that a principal may do alike: each run of Kafka's tool takes seconds. */
const commandsOf = (acls: readonly (Acl & { principal: string })[]): string[] => {
  const alike = ({ principal, resource, pattern, operations }: (typeof acls)[number]) =>
    JSON.stringify([principal, resource, pattern, operations]);
  return [...Map.groupBy(acls, alike).values()].map((same) => {
    const [{ principal, resource, pattern, operations }] = same;
    const words = [
      ...["./bellwether", "kafka", "acls", "--add", "--allow-principal", principal],
      ...operations.flatMap((operation) => ["--operation", operation]),
      ...(pattern === "prefixed" ? ["--resource-pattern-type", "prefixed"] : []),
      ...same.flatMap(({ name }) => [`--${resource}`, name]),
    ];
    return words.map(quoted).join(" ");
  });
};

/** Prints what each role needs, as commands or JSON. A role's principal is its name, prefixed. */
export const printAcls = (config: Config, prefix: string, json: boolean): number => {
  const acls = aclsOf(config).map((acl) => ({ principal: `User:${prefix}${acl.role}`, ...acl }));
  if (json) print(JSON.stringify(acls));
  else for (const command of commandsOf(acls)) print(command);
  return 0;
};
