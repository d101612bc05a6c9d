import { useLocation } from "wouter";
import type { StoriesAnswer } from "../../../src/serve/messages/stories.ts";
import { withQuery } from "../../api/ask.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { useKeys } from "../../keys/use-keys.ts";
import { BandMark } from "../../parts/band.tsx";
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

const customerColumns: Column<Lived>[] = [
  { id: "customer", title: "Customer", width: 130, cell: ({ customer_id }) => customer_id },
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

/** What the simulated people live through, so that each story can be looked at where it shows. */
const Stories = () => {
  const [story, setStory] = useUrlValue("story");
  const [, go] = useLocation();
  const path = withQuery("/stories", { story });
  const { data, fault, again } = useAnswer<StoriesAnswer>(path, { everyMs: freshMs });
  const told = data?.stories ?? [];
  const step = (by: number) => {
    const at = told.findIndex((one) => one.story === story);
    const next = told[Math.min(told.length - 1, Math.max(0, at + by))];
    if (next) setStory(next.story);
  };
  useKeys("Stories", [
    { keys: "j", does: "The next story", run: () => step(1) },
    { keys: "k", does: "The story before", run: () => step(-1) },
  ]);
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
    >
      {fault && <Fault fault={fault} again={again} />}
      <Panel title="Was it noticed?" aside="since the simulation began">
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
        <Panel title={`${storyWords(story).name}: customers`} aside="the newest first">
          <Table
            label="Customers of the story"
            rows={data?.customers ?? []}
            columns={customerColumns}
            rowId={(one) => `${one.customer_id} ${one.starts_at}`}
            onOpen={(one) => go(`/customers/${encodeURIComponent(one.customer_id)}`)}
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
