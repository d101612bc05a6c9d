import type pg from "pg";
import type { App } from "./app.ts";
import { openDryRun } from "./dry-run.ts";
import type { Contract } from "./events/contract.ts";
import { allTopics } from "./events/topics.ts";
import type { Caller } from "./serve/access.ts";
import { AccessLog } from "./serve/access-log.ts";
import { Approvals } from "./serve/approvals.ts";
import type { LetterReader } from "./serve/desk/causes.ts";
import { LetterDesk } from "./serve/desk/desk.ts";
import type { Recording } from "./serve/recording.ts";
import type { Route } from "./serve/route.ts";
import { approvalsRoutes } from "./serve/routes/approvals.ts";
import { deadLetterRoutes } from "./serve/routes/dead-letters.ts";
import type { TopicDesk } from "./serve/topics/desk.ts";
import type { Topology } from "./stream/topology.ts";

/** Who can put records aside: processors and sinks, with their groups and what they read. */
export const readersIn = ({ nodes, edges }: Topology): LetterReader[] =>
  nodes.flatMap(({ id, kind, name, group }) => {
    if (kind !== "processor" && kind !== "sink") return [];
    const topics = edges.flatMap((edge) =>
      edge.to === id && edge.kind === "reads" ? [edge.from.slice(edge.from.indexOf(":") + 1)] : [],
    );
    return [{ name, kind, group: group ?? `${name}-group`, topics }];
  });

/** The archive keeps every record, whomever it was put back for. */
const keepsAll = new Set(["archive"]);

export type RepairsPlace = {
  readonly app: Pick<App, "config" | "bootstrap" | "say" | "topology" | "processors">;
  readonly pool: pg.Pool;
  readonly topics: TopicDesk;
  readonly record: Recording;
};

/** What people do when something went wrong, and what needs two of them. */
export const openRepairs = (
  place: RepairsPlace,
): { routes: Route[]; approvals: Approvals; close: () => Promise<void> } => {
  const { app, pool, topics, record } = place;
  const { config, bootstrap, say } = app;
  const { space, recordMaxBytes } = config;
  const log = new AccessLog(record);
  const note = async (caller: Caller, detail: string): Promise<void> => {
    await log.record(caller, { what: "acted", detail: detail.slice(0, 500) });
  };
  const letters = new LetterDesk({
    pool,
    bootstrap,
    space,
    recordMaxBytes,
    contracts: allTopics as readonly Contract<unknown>[],
    readers: readersIn(app.topology()).filter(({ name }) => !keepsAll.has(name)),
    reader: topics.reader,
    dryRun: openDryRun({ config, bootstrap, processors: app.processors() }),
    note,
    say,
  });
  const approvals = new Approvals(pool, [letters.act], note);
  const routes = [approvalsRoutes(approvals), deadLetterRoutes(letters, approvals)];
  return { routes, approvals, close: () => letters.close() };
};
