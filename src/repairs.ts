import type pg from "pg";
import type { App } from "./app.ts";
import { openDryRun } from "./dry-run.ts";
import { eraseAct, erasureWish } from "./erasure.ts";
import { allTopics } from "./events/topics.ts";
import { AccessLog } from "./serve/access-log.ts";
import { Approvals } from "./serve/approvals.ts";
import { bareIn, type LetterReader } from "./serve/desk/causes.ts";
import { LetterDesk } from "./serve/desk/desk.ts";
import type { ErasedAmong } from "./serve/desk/redrives.ts";
import { GroupDesk, type GroupDeskOptions, type OwnGroup } from "./serve/groups/desk.ts";
import { OffsetReset } from "./serve/groups/reset.ts";
import type { OffsetPlace } from "./serve/messages/groups.ts";
import type { Recording } from "./serve/recording.ts";
import type { Route } from "./serve/route.ts";
import { approvalsRoutes } from "./serve/routes/approvals.ts";
import { deadLetterRoutes } from "./serve/routes/dead-letters.ts";
import { erasureRoute } from "./serve/routes/erasure.ts";
import { groupsRoutes } from "./serve/routes/groups.ts";
import type { Topics } from "./serve/routes/topics.ts";
import { customerOf } from "./sink/archive/parquet.ts";
import { newestErasure, readErased } from "./sink/postgres/forgotten.ts";
import { sinkTables } from "./sink/postgres/tables.ts";
import type { Topology } from "./stream/topology.ts";

type Reader = LetterReader & { readonly role: string };

/** Who reads topics as part of a group: processors and sinks, and what they read. */
const readersIn = ({ nodes, edges }: Topology, groups: ReadonlySet<string>): Reader[] =>
  nodes.flatMap(({ id, kind, name, group = `${name}-group`, role = "" }) => {
    if ((kind !== "processor" && kind !== "sink") || !groups.has(group)) return [];
    const topics = edges.flatMap((edge) =>
      edge.to === id && edge.kind === "reads" ? [edge.from.slice(edge.from.indexOf(":") + 1)] : [],
    );
    return [{ name, kind, group, topics, role }];
  });

/** The archive keeps every record, whomever it was put back for. */
const keepsAll = "archive";

const tables =
  "It keeps them with its rows, in table sink_offsets: stop the role sink, set `next` there for " +
  "the table and partition, and start it again; rows that come again replace themselves.";
/** Sinks that do not go by the offsets that Kafka keeps. */
const elsewhere: Readonly<Record<string, [OffsetPlace, string]>> = {
  "redis-sink": [
    "redis",
    "It keeps them in Redis with its values: delete the key offset:<topic>-<partition> there, " +
      "and it fills that partition again.",
  ],
  archive: [
    "files",
    "Its files say how far it is: what was archived once is never read again, and needs not be.",
  ],
  overview: [
    "itself",
    "It chooses its place by itself at each start: start the role overview anew.",
  ],
};

const ownGroup =
  (currency: string) =>
  ({ name, kind, group, role }: Reader): OwnGroup => {
    const isTables = sinkTables(currency).some((sink) => sink.name === name);
    const [offsetsIn, offsetsSay]: [OffsetPlace, string] = isTables
      ? ["postgres", tables]
      : (elsewhere[name] ?? [
          "kafka",
          "Kafka keeps them; they can be moved while it has no members.",
        ]);
    return { group, of: name, kind, role, offsetsIn, offsetsSay };
  };

/** A record may be about its key, and about whom its value names. */
const erasedAmong =
  (pool: pg.Pool, space: string): ErasedAmong =>
  async (records) => {
    const about = records.map(({ contract, key, value }) => {
      const named = key?.toString("utf8") ?? null;
      const found = contract && customerOf(contract, { key: named, value });
      return [named, found].filter((id) => id != null);
    });
    const erased = await readErased(pool, space, new Set(about.flat()));
    return records.map(({ appendTime }, at) =>
      about[at].some((id) => appendTime <= (erased.get(id) ?? Number.NEGATIVE_INFINITY)),
    );
  };

export type RepairsPlace = {
  readonly app: Pick<App, "config" | "bootstrap" | "say" | "topology" | "processors" | "groups">;
  readonly pool: pg.Pool;
  readonly topics: Pick<Topics, "desk" | "watch">;
  readonly record: Recording;
};

/** What people do when something went wrong, and what needs two of them. */
export const openRepairs = (
  place: RepairsPlace,
): { routes: Route[]; approvals: Approvals; close: () => Promise<void> } => {
  const { app, pool, topics, record } = place;
  const { config, bootstrap, say } = app;
  const { space, recordMaxBytes, currency } = config;
  const groups = app.groups();
  const bare = new Set(groups.map(({ group }) => bareIn(space, group)));
  const readers = readersIn(app.topology(), bare);
  const note = new AccessLog(record).acted;
  const letters = new LetterDesk({
    pool,
    bootstrap,
    space,
    recordMaxBytes,
    contracts: allTopics,
    readers: readers.filter(({ name }) => name !== keepsAll),
    reader: topics.desk.reader,
    erasedAmong: erasedAmong(pool, space),
    dryRun: openDryRun({ config, bootstrap, processors: app.processors() }),
    note,
    say,
  });
  const own = readers.map(ownGroup(currency));
  const at: GroupDeskOptions = {
    ...{ space, bootstrap, topics: topics.desk, watch: topics.watch, own, groups },
    newestErasure: () => newestErasure(pool),
  };
  const reset = new OffsetReset(at);
  const approvals = new Approvals(pool, [letters.act, reset.act, eraseAct(pool)], note);
  const routes = [
    approvalsRoutes(approvals),
    erasureRoute(async (wish, caller) => approvals.ask(await erasureWish(pool, wish), caller)),
    deadLetterRoutes(letters, approvals),
    groupsRoutes(new GroupDesk(at), reset, approvals),
  ];
  return { routes, approvals, close: () => letters.close() };
};
