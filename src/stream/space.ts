/** A space prefixes every name that Kafka knows: topics, groups, transactional ids. */
export const inSpace = (space: string, name: string): string =>
  space === "live" ? name : `${space}.${name}`;
