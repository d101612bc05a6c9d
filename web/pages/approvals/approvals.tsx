import { Link } from "wouter";
import { useKeys } from "../../keys/use-keys.ts";
import { Approval, useApprovals } from "../../parts/approvals.tsx";
import { Export } from "../../parts/export.tsx";
import { Filter } from "../../parts/filter.tsx";
import { Panel, Screen } from "../../parts/panel.tsx";
import { Empty, Fault, Skeleton } from "../../parts/states.tsx";
import { useUrlValue } from "../../parts/url.ts";

/** Everything that needs, or needed, a second person. */
export default function ApprovalsScreen() {
  const { data, fault, loading, again } = useApprovals();
  const [shown, setShown] = useUrlValue("shown", "open");
  useKeys("Approvals", [
    { keys: "o", does: "Those that wait", run: () => setShown("open") },
    { keys: "d", does: "Those that are decided", run: () => setShown("decided") },
  ]);
  const all = data?.approvals ?? [];
  const open = all.filter(({ state }) => state === "open" || state === "approved");
  const decided = all.filter((one) => !open.includes(one));
  const rows = shown === "decided" ? decided : open;
  const choices = [
    { value: "open", name: "Waits", count: data ? open.length : null },
    { value: "decided", name: "Decided", count: data ? decided.length : null },
  ];
  return (
    <Screen
      title="Approvals"
      says="What one person asked for and another must agree to"
      acts={<Export name="approvals" rows={rows} />}
    >
      <Panel title="Asked for" aside="It lapses after 24 hours">
        <div className="panel-body">
          <Filter label="State" choices={choices} value={shown} onChange={(to) => setShown(to)} />
        </div>
        {fault && <Fault fault={fault} again={again} />}
        {loading && <Skeleton rows={4} />}
        {data && rows.length === 0 && shown === "decided" && (
          <Empty says="Nothing was decided yet.">
            <button type="button" className="button" onClick={() => setShown("open")}>
              Show what waits <kbd>o</kbd>
            </button>
          </Empty>
        )}
        {data && rows.length === 0 && shown !== "decided" && (
          <Empty says="Nothing waits. Two things need a second person:">
            <Link href="/dead-letters">to redrive more than 20 dead letters</Link>
            <Link href="/groups">to move a group's offsets</Link>
          </Empty>
        )}
        <ul className="approval-list">
          {rows.map((one) => (
            <Approval key={one.approval_id} approval={one} onDecided={again} />
          ))}
        </ul>
      </Panel>
    </Screen>
  );
}
