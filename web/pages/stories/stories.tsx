import { Link, useLocation } from "wouter";
import type { StoriesAnswer } from "../../../src/serve/messages/stories.ts";
import { withQuery } from "../../api/ask.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { useKeys } from "../../keys/use-keys.ts";
import { BandMark } from "../../parts/band.tsx";
import { Export } from "../../parts/export.tsx";
import { count, percent, Simulated } from "../../parts/figures.tsx";
import { Panel, Screen } from "../../parts/panel.tsx";
import { Command, Empty, Fault, Skeleton } from "../../parts/states.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { duration, Time } from "../../parts/time.tsx";
import { useUrlValue } from "../../parts/url.ts";
import { storyWords } from "./story-words.ts";

type Told = StoriesAnswer["stories"][number];
type Lived = StoriesAnswer["customers"][number];

const freshMs = 10_000;
const shareOf = (part: number, whole: number): string =>
  whole === 0 ? "–" : `${count(part)} · ${percent(part / whole)}`;

const storyColumns: Column<Told>[] = [
  {
    id: "story",
    title: "Story",
    cell: ({ story }) => {
      const { name, says } = storyWords(story);
      return (
        <>
          {name} <span className="soft">{says}</span>
        </>
      );
    },
  },
  { id: "customers", title: "Began", width: 70, number: true, cell: (s) => count(s.customers) },
  {
    id: "flagged",
    title: "Came to High",
    width: 110,
    number: true,
    cell: (s) => shareOf(s.flagged, s.customers),
  },
  {
    id: "missed",
    title: "Missed a payment",
    width: 124,
    number: true,
    cell: (s) => (s.look_alike ? "–" : count(s.missed)),
  },
  {
    id: "in_time",
    title: "Noticed before",
    width: 116,
    number: true,
    cell: (s) => (s.look_alike ? "–" : shareOf(s.in_time, s.missed)),
  },
];

/** How long before the missed payment, or after, the customer came to High. */
const lead = ({ flagged_at, first_missed_payment }: Lived) => {
  if (flagged_at === null) return <span className="soft">not so far</span>;
  if (first_missed_payment === null) return <Time at={flagged_at} />;
  const ms = Date.parse(first_missed_payment) - Date.parse(flagged_at);
  return `${duration(Math.abs(ms))} ${ms > 0 ? "before the missed payment" : "after it"}`;
};

const timeOr = (at: string | null, otherwise: string) =>
  at === null ? <span className="soft">{otherwise}</span> : <Time at={at} />;

const pathOf = ({ customer_id }: Lived): string => `/customers/${encodeURIComponent(customer_id)}`;
const rowOf = ({ customer_id, starts_at }: Lived): string => `${customer_id} ${starts_at}`;

const customerColumns: Column<Lived>[] = [
  {
    id: "customer",
    title: "Customer",
    width: 130,
    cell: (lived) => (
      <Link href={pathOf(lived)} className="mono" onClick={(event) => event.stopPropagation()}>
        {lived.customer_id}
      </Link>
    ),
  },
  {
    id: "now",
    title: "Now",
    width: 130,
    cell: ({ risk_level, risk_score }) =>
      risk_level === null || risk_score === null ? (
        <span className="unknown">not scored yet</span>
      ) : (
        <>
          <BandMark band={risk_level} /> {count(risk_score, 2)}
        </>
      ),
  },
  { id: "starts", title: "Began", width: 110, cell: ({ starts_at }) => <Time at={starts_at} /> },
  {
    id: "missed",
    title: "First missed payment",
    width: 150,
    cell: ({ first_missed_payment }) => timeOr(first_missed_payment, "none"),
  },
  { id: "flagged", title: "Came to High", cell: lead },
  {
    id: "recovers",
    title: "Recovered",
    width: 120,
    cell: ({ recovers_at }) => timeOr(recovers_at, "not yet"),
  },
];

/** The one so many places further; where none is chosen, the first. */
const stepped = <T,>(list: readonly T[], at: number, by: number): T | undefined =>
  list[Math.min(list.length - 1, Math.max(0, at + by))];

/** Keys that move between the stories, and between the customers of one. */
const useMoves = (told: readonly Told[], lived: readonly Lived[]) => {
  const [story, setStory] = useUrlValue("story");
  const [row, setRow] = useUrlValue("row");
  const [, go] = useLocation();
  const at = lived.findIndex((one) => rowOf(one) === row);
  const move = (by: number) => {
    const next = stepped(lived, at, by);
    if (next) setRow(rowOf(next));
  };
  const turn = (by: number) => {
    const here = told.findIndex((one) => one.story === story);
    const next = stepped(told, here, by);
    if (next) setStory(next.story);
  };
  useKeys("Stories", [
    { keys: "n", does: "The next story", run: () => turn(1) },
    { keys: "p", does: "The story before", run: () => turn(-1) },
    { keys: "j", does: "Next customer of the story", run: () => move(1) },
    { keys: "k", does: "Customer before", run: () => move(-1) },
    { keys: "Enter", does: "Open the customer", run: () => at >= 0 && go(pathOf(lived[at])) },
  ]);
  return { setStory, row, open: (one: Lived) => go(pathOf(one)) };
};

/** What the simulated people live through, so that each story can be looked at where it shows. */
const Stories = () => {
  const [story] = useUrlValue("story");
  const path = withQuery("/stories", { story });
  const { data, fault, again } = useAnswer<StoriesAnswer>(path, { everyMs: freshMs });
  const told = data?.stories ?? [];
  const lived = data?.customers ?? [];
  const { setStory, row, open } = useMoves(told, lived);
  const none = (
    <Empty says="No simulated person lives through a story here. Those of the space live do:">
      <Command text="./bellwether up" />
    </Empty>
  );
  return (
    <Screen
      title="Stories"
      says={
        <>
          what the simulated people live through; the line never sees this <Simulated />
        </>
      }
      acts={<Export name="stories" rows={told} />}
    >
      {fault && <Fault fault={fault} again={again} />}
      <Panel
        title="Was it noticed?"
        aside={
          <>
            since the simulation began · <kbd>n</kbd> <kbd>p</kbd> choose
          </>
        }
      >
        {data === undefined && !fault ? (
          <Skeleton rows={11} />
        ) : (
          <Table
            label="Stories"
            rows={told}
            columns={storyColumns}
            rowId={(one) => one.story}
            selected={story}
            onOpen={(one) => setStory(one.story)}
            empty={none}
          />
        )}
      </Panel>
      {story !== "" && (
        <Panel
          title={`${storyWords(story).name}: customers`}
          aside={
            <span className="acts">
              the newest first <Export name={`story-${story}`} rows={lived} />
            </span>
          }
        >
          <Table
            label="Customers of the story"
            rows={lived}
            columns={customerColumns}
            rowId={rowOf}
            selected={row}
            onOpen={open}
            height={480}
            empty={
              <Empty says="Nobody has begun this story so far. Choose another above, or press j." />
            }
          />
        </Panel>
      )}
    </Screen>
  );
};

export default Stories;
