import { Link } from "wouter";
import { useKeys } from "../../keys/use-keys.ts";
import { Approval, useApprovals } from "../../parts/approvals.tsx";
import { Export } from "../../parts/export.tsx";
import { Filter } from "../../parts/filter.tsx";
import { Panel, Screen } from "../../parts/panel.tsx";
import { Review, useReviews } from "../../parts/reviews.tsx";
import { Empty, Fault, Skeleton } from "../../parts/states.tsx";
import { useUrlValue } from "../../parts/url.ts";

const noReview =
  "No review waits. Whoever doubts a score asks for one on the customer's page, and it stands " +
  "here until another person answers.";

/** Everything that needs, or needed, a second person: what was asked for, and doubts. */
export default function ApprovalsScreen() {
  const asked = useApprovals();
  const doubted = useReviews();
  const [shown, setShown] = useUrlValue("shown", "open");
  useKeys("Approvals", [
    { keys: "o", does: "Those that wait", run: () => setShown("open") },
    { keys: "d", does: "Those that are decided", run: () => setShown("decided") },
  ]);
  const isDecided = shown === "decided";
  const wishes = asked.data?.approvals ?? [];
  const open = wishes.filter(({ state }) => state === "open" || state === "approved");
  const decided = wishes.filter((one) => !open.includes(one));
  const rows = isDecided ? decided : open;
  const reviews = doubted.data?.reviews ?? [];
  const answered = reviews.filter(({ outcome }) => outcome !== null);
  const doubts = isDecided ? answered : reviews.filter(({ outcome }) => outcome === null);
  const known = asked.data && doubted.data;
  const counts = known && {
    open: open.length + known.open,
    decided: decided.length + answered.length,
  };
  const choices = [
    { value: "open", name: "Waits", count: counts?.open ?? null },
    { value: "decided", name: "Decided", count: counts?.decided ?? null },
  ];
  return (
    <Screen
      title="Approvals"
      says="What one person asked for and another must agree to or answer"
      acts={<Export name="approvals" rows={[...rows, ...doubts]} />}
    >
      <Filter label="State" choices={choices} value={shown} onChange={(to) => setShown(to)} />
      <Panel title="Asked for" aside="It lapses after 24 hours">
        {asked.fault && <Fault fault={asked.fault} again={asked.again} />}
        {asked.loading && <Skeleton rows={4} />}
        {asked.data && rows.length === 0 && isDecided && (
          <Empty says="Nothing was decided yet.">
            <button type="button" className="button" onClick={() => setShown("open")}>
              Show what waits <kbd>o</kbd>
            </button>
          </Empty>
        )}
        {asked.data && rows.length === 0 && !isDecided && (
          <Empty says="Nothing waits. Three things need a second person:">
            <Link href="/dead-letters">to redrive more than 20 dead letters</Link>
            <Link href="/groups">to move a group's offsets</Link>
            <Link href="/customers">to erase a customer</Link>
          </Empty>
        )}
        <ul className="approval-list">
          {rows.map((one) => (
            <Approval key={one.approval_id} approval={one} onDecided={asked.again} />
          ))}
        </ul>
      </Panel>
      <Panel title="Reviews" aside="Decisions that somebody doubts; analysts and leads answer">
        {doubted.fault && <Fault fault={doubted.fault} again={doubted.again} />}
        {doubted.loading && <Skeleton rows={4} />}
        {doubted.data && doubts.length === 0 && (
          <Empty says={isDecided ? "No review was answered yet." : noReview} />
        )}
        <ul className="approval-list">
          {doubts.map((one) => (
            <Review key={one.review_id} review={one} onClosed={doubted.again} />
          ))}
        </ul>
      </Panel>
    </Screen>
  );
}
