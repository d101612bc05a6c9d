import { Link } from "wouter";
import { useKeys } from "../../keys/use-keys.ts";
import { OpenApprovals } from "../../parts/approvals.tsx";
import { Export } from "../../parts/export.tsx";
import { count } from "../../parts/figures.tsx";
import { Filter } from "../../parts/filter.tsx";
import { Panel, Screen } from "../../parts/panel.tsx";
import { Empty, Fault, Skeleton } from "../../parts/states.tsx";
import { useSession } from "../../session/use-session.ts";
import { CausePanel } from "./cause-panel.tsx";
import { Causes } from "./causes.tsx";
import "./dead-letters.css";
import { Redrives } from "./redrives.tsx";
import { actors, useLetters } from "./use-letters.ts";
import { stateNames } from "./words.ts";

const spans = [
  { value: "hour", name: "Hour" },
  { value: "day", name: "Day" },
  { value: "week", name: "Week" },
  { value: "month", name: "30 days" },
];

const nothing: Record<string, string> = {
  open: "No record waits: everything that came could be used, or somebody has settled it.",
  sending: "Of every record that was redriven it is known that it arrived.",
  redriven: "Nothing was redriven yet.",
  set_aside: "Nothing was set aside.",
};

/** Keys that move between causes and records. */
const useMoves = (letters: ReturnType<typeof useLetters>) => {
  const { causes, cause, records, at } = letters;
  const list = causes.data?.causes ?? [];
  const step = (by: number) => {
    const here = records.findIndex((one) => one.at === at);
    const next = records[Math.min(records.length - 1, Math.max(0, here + by))];
    if (next) letters.choose("at", next.at);
  };
  const stepCause = (by: number) => {
    const here = list.findIndex((one) => one.cause === cause?.cause);
    const next = list[Math.min(list.length - 1, Math.max(0, here + by))];
    if (next) letters.choose("cause", next.cause);
  };
  return { step, stepCause };
};

/** Records that nobody could use: why, and how each of them goes back. */
export default function DeadLettersScreen() {
  const { role } = useSession();
  const mayAct = actors.has(role ?? "");
  const letters = useLetters(role);
  const { causes, cause, records, wish, choose } = letters;
  const { state } = wish;
  const { step, stepCause } = useMoves(letters);
  useKeys("Dead letters", [
    { keys: "j", does: "Next record", run: () => step(1) },
    { keys: "k", does: "Record before", run: () => step(-1) },
    { keys: "n", does: "Next cause", run: () => stepCause(1) },
    { keys: "p", does: "Cause before", run: () => stepCause(-1) },
  ]);
  const counts = causes.data?.counts;
  const choices = Object.entries(stateNames).map(([value, name]) => ({
    value,
    name,
    count: counts?.[value as keyof typeof stateNames] ?? null,
  }));
  const total = (causes.data?.causes ?? []).reduce((sum, one) => sum + one.records, 0);
  return (
    <Screen
      title="Dead letters"
      says="Records that could not be used, and how they go back"
      acts={<Export name="dead-letters" rows={records} />}
    >
      <div className="letters-choose">
        <Filter
          label="State"
          choices={choices}
          value={state}
          onChange={(next) => choose("state", next)}
        />
        <Filter
          label="Span"
          choices={spans}
          value={wish.span}
          onChange={(next) => choose("span", next)}
        />
      </div>
      <OpenApprovals acts={["redrive"]} />
      <div className="letters-columns">
        <div className="letters-left">
          <Panel
            title="Causes"
            aside={causes.data && `${count(total)} ${total === 1 ? "record" : "records"}`}
          >
            {causes.fault && <Fault fault={causes.fault} again={causes.again} />}
            {causes.loading && <Skeleton rows={6} />}
            {causes.data?.causes.length === 0 && (
              <Empty says={nothing[state] ?? nothing.open}>
                {state === "open" ? (
                  <Link href="/topics">See what comes</Link>
                ) : (
                  <button type="button" className="button" onClick={() => choose("state", "open")}>
                    Show what waits
                  </button>
                )}
              </Empty>
            )}
            <Causes
              causes={causes.data?.causes ?? []}
              selected={cause?.cause ?? ""}
              onSelect={(next) => choose("cause", next)}
            />
          </Panel>
          <Redrives mayAct={mayAct} />
        </div>
        {cause && <CausePanel key={cause.cause} cause={cause} letters={letters} role={role} />}
      </div>
    </Screen>
  );
}
