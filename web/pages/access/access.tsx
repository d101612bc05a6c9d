import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import type { AccessEntry, AccessLogAnswer } from "../../../src/serve/messages/access.ts";
import { ask, type Refusal, withQuery } from "../../api/ask.ts";
import { Export } from "../../parts/export.tsx";
import { Filter } from "../../parts/filter.tsx";
import { Panel, Screen } from "../../parts/panel.tsx";
import { useEvery } from "../../parts/pause.ts";
import { Empty, Fault, Skeleton } from "../../parts/states.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { useUrlValue } from "../../parts/url.ts";

const acts: Record<string, string> = {
  unmasked: "Looked at personal data",
  acted: "Acted",
  signed_in: "Signed in",
  sign_in_failed: "Failed to sign in",
  signed_out: "Signed out",
  session_revoked: "Ended a session",
  refused: "Was refused",
};

const fieldNames: Record<string, string> = {
  date_of_birth: "date of birth",
  "accounts.*.account_id": "account numbers",
};

/** GET /topics: to read /topics. */
const refusedIn = (route: string): string => {
  const [method, path = ""] = route.split(" ");
  return `${method === "GET" ? "to read" : "to change"} ${path}`;
};

/** What was shown, or how somebody came in, or what they were refused. */
const detailOf = ({ what, fields, detail }: AccessEntry): string =>
  fields
    ? fields.map((field) => fieldNames[field] ?? field).join(", ")
    : what === "refused"
      ? refusedIn(detail ?? "")
      : (detail ?? "");

const columns: readonly Column<AccessEntry>[] = [
  { id: "at", title: "When", width: 100, cell: ({ timestamp }) => <Time at={timestamp} /> },
  {
    id: "who",
    title: "Who",
    width: 180,
    cell: ({ actor, role }) => (
      <span title={`${actor}, ${role}`}>
        {actor} <span className="soft">{role}</span>
      </span>
    ),
  },
  { id: "what", title: "What", width: 172, cell: ({ what }) => acts[what] ?? what },
  {
    id: "customer",
    title: "Customer",
    width: 110,
    cell: ({ customer_id: id }) =>
      id && <Link href={`/customers/${encodeURIComponent(id)}`}>{id}</Link>,
  },
  {
    id: "why",
    title: "Why, and what of it",
    wrap: true,
    cell: (entry) => (
      <>
        {entry.reason} <span className="soft">{detailOf(entry)}</span>
      </>
    ),
  },
];

const freshMs = 15_000;

const useEntries = (filter: Record<string, string>) =>
  useInfiniteQuery<AccessLogAnswer, Refusal>({
    queryKey: ["/access-log", filter],
    queryFn: ({ pageParam, signal }) => {
      const before = pageParam as string | null;
      return ask(withQuery("/access-log", { ...filter, before, limit: 100 }), { signal });
    },
    initialPageParam: null,
    getNextPageParam: ({ next }) => next,
    refetchInterval: useEvery(freshMs),
  });

/** Who came in, who was refused, who looked at personal data and why: for auditors. */
const Access = () => {
  const [what, setWhat] = useUrlValue("what");
  const [actor, setActor] = useUrlValue("who");
  const [customer, setCustomer] = useUrlValue("customer");
  const found = useEntries({ what, actor, customer_id: customer });
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = found;
  const rows = data?.pages.flatMap(({ entries }) => entries);
  const choices = Object.entries(acts).map(([value, name]) => ({ value, name }));
  return (
    <Screen
      title="Access"
      says="Who came in, and who looked at what"
      acts={<Export name="access-log" rows={rows ?? []} />}
    >
      <Filter label="What was done" choices={choices} value={what} onChange={setWhat} />
      <div className="acts">
        <input
          aria-label="Only of this person"
          placeholder="Person"
          value={actor}
          maxLength={200}
          onChange={(event) => setActor(event.target.value)}
        />
        <input
          aria-label="Only about this customer"
          placeholder="Customer"
          value={customer}
          maxLength={200}
          onChange={(event) => setCustomer(event.target.value)}
        />
      </div>
      <Panel title="The newest first">
        {error && <Fault fault={error} again={() => void refetch()} />}
        {!rows && !error && <Skeleton rows={8} />}
        {rows && (
          <Table
            label="The access log"
            rows={rows}
            columns={columns}
            rowId={({ access_id }) => access_id}
            empty={
              <Empty says="Nothing like that is in the log. A new entry takes a moment.">
                <Link href="/access">Show all</Link>
              </Empty>
            }
          />
        )}
        {hasNextPage && (
          <div className="panel-body">
            <button
              type="button"
              className="button"
              disabled={isFetchingNextPage}
              onClick={() => void fetchNextPage()}
            >
              Show earlier ones
            </button>
          </div>
        )}
      </Panel>
    </Screen>
  );
};

export default Access;
